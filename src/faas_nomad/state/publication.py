"""Publishes each function's route to the data path: where its requests go and how. Pure."""

from collections.abc import Callable

from faas_nomad.state.directory import Directory
from faas_nomad.state.endpoints import Endpoint, Route, RoutePolicy, RouteTable
from faas_nomad.state.nearness import Nearness
from faas_nomad.state.records import AllocationRecord, JobKey, JobRecord
from faas_nomad.state.standing import Standing


class Publication:
    """Makes routes of how functions stand; one that is held has a route that leads nowhere."""

    def __init__(
        self,
        table: RouteTable,
        directory: Directory,
        standing: Standing,
        nearness: Nearness,
        route_policy: Callable[[JobRecord], RoutePolicy],
        *,
        explain: bool,
    ) -> None:
        self._table = table
        self._directory = directory
        self._standing = standing
        self._nearness = nearness
        self._route_policy = route_policy
        self.explain = explain
        """Whether callers are told why a function is not ready."""
        self._held: dict[JobKey, int] = {}
        """How often each function is held at present."""

    def publish(self, key: JobKey) -> None:
        """Bring what the function's name leads to up to date."""
        route = self._route(self._directory.holder_of_name(key))
        self._table.publish(self._directory.spellings(key), route)

    def hold(self, key: JobKey) -> None:
        """From when it is published next, lead no request to the function, until `release`."""
        self._held[key] = self._held.get(key, 0) + 1

    def release(self, key: JobKey) -> None:
        """Undo one `hold`; one too many does nothing."""
        left = self._held.pop(key, 1) - 1
        if left:
            self._held[key] = left

    def _route(self, key: JobKey) -> Route | None:
        job = self._directory.find(key)
        if job is None:
            return None
        return Route(
            function=self._directory.function_name(key),
            endpoints=() if key in self._held else self._endpoints(key),
            replicas=job.count,
            policy=self._route_policy(job),
            why=self._why(key),
        )

    def _endpoints(self, key: JobKey) -> tuple[Endpoint, ...]:
        return tuple(map(self._endpoint, self._standing.serving(key)))

    def _endpoint(self, alloc: AllocationRecord) -> Endpoint:
        is_far = self._nearness.is_far(alloc.node_id)
        return Endpoint(alloc.id, alloc.host, alloc.port, is_far, alloc.mesh_service)

    def _why(self, key: JobKey) -> str:
        trouble = self._standing.trouble(key) if self.explain else None
        return trouble.text if trouble else ""
