"""Where invocations can go: the routes that the control plane publishes to the data path. Pure.

Everything here is plain data, so that a change can be sent to another process as a message.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One ready replica: `id` is its allocation's, `host` an address that can be dialled."""

    id: str
    host: str
    port: int
    is_far: bool = False
    """In another datacenter than it should be: it gets requests while no near one can."""
    service: str = ""
    """Its service in Consul's mesh, whose sidecar is at the address; "": in no mesh."""


@dataclass(frozen=True, slots=True)
class Sticky:
    """Requests with the same value of this header or cookie go to the same replica.

    The replica follows from the value alone (rendezvous hashing), so instances and workers agree
    without talking, and a replica that comes or goes moves only its own share.
    """

    by: Literal["header", "cookie"]
    name: str


@dataclass(frozen=True, slots=True)
class UpstreamTls:
    """The function's replicas speak TLS."""

    verify: bool = True
    """Their certificate is checked."""
    server_name: str = ""
    """What it is for; "": the replica's address."""


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """How a function's invocations are carried; None means the proxy's own setting."""

    timeout_s: float | None = None
    """Whole exchange, from the head received to the last byte sent; 504 or a cut after it.

    0 means no limit.
    """
    sticky: Sticky | None = None
    tls: UpstreamTls | None = None
    """None: plain HTTP. Replicas that were there before keep what held when they came."""


@dataclass(frozen=True, slots=True)
class Route:
    """A function as the data path sees it. Without endpoints it answers 503."""

    function: str
    """`NAME.NAMESPACE`, as in metrics."""
    endpoints: tuple[Endpoint, ...]
    replicas: int
    """Desired count: 0 tells a sleeping function from one that is not ready."""
    policy: RoutePolicy = field(default_factory=RoutePolicy)
    why: str = ""
    """Why there are no endpoints, as far as callers may know it: one line."""


@dataclass(frozen=True, slots=True)
class RouteChange:
    """What `spellings` lead to from now on; None: to nothing."""

    spellings: tuple[str, ...]
    route: Route | None


RouteListener = Callable[[RouteChange], None]


class RouteTable:
    """The routes by every spelling a caller may use: `NAME`, `NAME.NAMESPACE`.

    The control plane replaces whole routes; the data path listens.
    """

    def __init__(self, *, is_known: bool = True) -> None:
        self.routes: dict[str, Route] = {}
        self.is_known = is_known
        """False until the control plane knows what there is: a name not in it may be a function."""
        self._listeners: list[RouteListener] = []

    def publish(self, spellings: tuple[str, ...], route: Route | None) -> None:
        """Make `route` what every one of `spellings` leads to; None removes them."""
        for spelling in spellings:
            if route is None:
                self.routes.pop(spelling, None)
            else:
                self.routes[spelling] = route
        change = RouteChange(spellings, route)
        for listener in self._listeners:
            listener(change)

    def subscribe(self, listener: RouteListener) -> None:
        """Tell `listener` all present routes now, and every change as it is published."""
        for spelling, route in self.routes.items():
            listener(RouteChange((spelling,), route))
        self._listeners.append(listener)

    def unsubscribe(self, listener: RouteListener) -> None:
        """Tell `listener` no more, if it was told at all."""
        if listener in self._listeners:
            self._listeners.remove(listener)

    def find(self, spelling: str) -> Route | None:
        """Return the route for a path segment such as `figlet` or `figlet.openfaas-fn`."""
        return self.routes.get(spelling)

    def snapshot(self) -> Mapping[str, Route]:
        """Return all routes by spelling, e.g. to hand to a new worker."""
        return dict(self.routes)
