"""Finds the target of a request, kept true by the route table's changes."""

from collections.abc import Callable

from faas_nomad.proxy.context import Context
from faas_nomad.proxy.replica import Open, Replica
from faas_nomad.proxy.target import Target
from faas_nomad.state.endpoints import Endpoint, Route, RouteChange, UpstreamTls

CONTROL = Endpoint("control plane", "", 0)

OpenTo = Callable[[Endpoint, UpstreamTls | None], Open]
"""Gives the way to connect to an endpoint, plain or by TLS."""


class Router:
    """Targets by the segment after `/function/`, and the control plane for all else."""

    def __init__(
        self, context: Context, control: Open, open_to: OpenTo, is_known: Callable[[], bool]
    ) -> None:
        self.is_known = is_known
        """Whether a segment that leads nowhere names no function, for sure."""
        self.by_segment: dict[bytes, Target] = {}
        self.control = Target("", context.stats.control, context, is_function=False)
        self.control.timeout_s = float("inf")
        self.control.set_replicas([Replica(CONTROL, control, self.control, context)])
        self._spellings: dict[str, set[bytes]] = {}
        """The segments that lead to each function."""
        self._targets: dict[str, Target] = {}
        self._context = context
        self._open_to = open_to

    def targets(self) -> list[Target]:
        """Return all targets, the control plane among them."""
        return [self.control, *self._targets.values()]

    def why_none(self, segment: str) -> tuple[int, str]:
        """Return status and text for a segment that leads to no target."""
        if not segment:
            return 400, "No function named."
        if not self.is_known():
            return 503, "Functions are not known yet: Nomad has not answered."
        return 404, f"No such function: {segment}."

    def refuse_waiting(self, function: str, reason: str) -> None:
        """Answer 503 with `reason` to the requests that wait for a replica of `function`."""
        target = self._targets.get(function)
        if target is not None and not target.active:
            target.refuse_waiting(503, reason)

    def apply(self, change: RouteChange) -> None:
        """Follow one change of the route table."""
        for spelling in change.spellings:
            self._unlink(spelling.encode("utf-8"), change.route)
        if change.route is not None:
            self._link(change.route, change.spellings)

    def _unlink(self, segment: bytes, route: Route | None) -> None:
        target = self.by_segment.get(segment)
        if target is None or (route is not None and target.name == route.function):
            return
        del self.by_segment[segment]
        spellings = self._spellings[target.name]
        spellings.discard(segment)
        if not spellings:
            del self._spellings[target.name], self._targets[target.name]
            self._context.stats.removed(target.name, self._context.now_s())
            target.is_gone = True
            target.set_replicas(())

    def _link(self, route: Route, spellings: tuple[str, ...]) -> None:
        target = self._targets.get(route.function)
        if target is None:
            stats = self._context.stats.function(route.function)
            target = Target(route.function, stats, self._context, is_function=True)
            self._targets[route.function] = target
        for spelling in spellings:
            segment = spelling.encode("utf-8")
            self.by_segment[segment] = target
            self._spellings.setdefault(route.function, set()).add(segment)
        target.set_policy(route.policy)
        target.why = route.why
        target.set_replicas([self._replica(target, e, route.policy.tls) for e in route.endpoints])

    def _replica(self, target: Target, endpoint: Endpoint, tls: UpstreamTls | None) -> Replica:
        """Return the replica that is there already, if it is still at the same address."""
        found = target.replicas.get(endpoint)
        if found is not None:
            return found
        return Replica(endpoint, self._open_to(endpoint, tls), target, self._context)
