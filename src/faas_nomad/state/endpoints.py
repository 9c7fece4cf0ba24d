"""Where invocations can go: the routes that the control plane publishes to the data path. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One ready replica: `id` is its allocation's, `host` an address that can be dialled."""

    id: str
    host: str
    port: int


@dataclass(frozen=True, slots=True)
class RoutePolicy:
    """How a function's invocations are carried; None means the proxy's own setting."""

    timeout_s: float | None = None
    """Whole exchange, from the head received to the last byte sent; 504 or a cut after it."""


@dataclass(frozen=True, slots=True)
class Route:
    """A function as the data path sees it. Without endpoints it answers 503."""

    function: str
    """`NAME.NAMESPACE`, as in metrics."""
    endpoints: tuple[Endpoint, ...]
    replicas: int
    """Desired count: 0 tells a sleeping function from one that is not ready."""
    policy: RoutePolicy = field(default_factory=RoutePolicy)


class RouteTable:
    """The routes by every spelling a caller may use: `NAME`, `NAME.NAMESPACE`.

    The control plane replaces whole routes; the data path only looks up.
    """

    def __init__(self) -> None:
        self.routes: dict[str, Route] = {}

    def publish(self, spellings: tuple[str, ...], route: Route | None) -> None:
        """Make `route` what every one of `spellings` leads to; None removes them."""
        for spelling in spellings:
            if route is None:
                self.routes.pop(spelling, None)
            else:
                self.routes[spelling] = route

    def find(self, spelling: str) -> Route | None:
        """Return the route for a path segment such as `figlet` or `figlet.openfaas-fn`."""
        return self.routes.get(spelling)

    def snapshot(self) -> Mapping[str, Route]:
        """Return all routes by spelling, e.g. to hand to a new worker."""
        return dict(self.routes)
