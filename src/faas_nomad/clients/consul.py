"""Consul's HTTP API, the part that this project uses, asynchronous over httpx.

Sources: consul `api/health.go`, `api/connect_ca.go`, `agent/http.go` (v1.20). A blocking query
waits at the server until something has changed beyond the index it names; the reply's index is in
`X-Consul-Index`.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from faas_nomad.clients.errors import UnexpectedReplyError
from faas_nomad.clients.http import Backend
from faas_nomad.clients.whole_answers import json_value
from faas_nomad.model.consul import HealthCheck, MeshLeaf, MeshRoots

INDEX = "X-Consul-Index"
WAIT_S = 10
"""A blocking query's; an agent that hangs is noticed soon after, at the price of a reply more."""
MESH_WAIT_S = 60
"""Of certificates, which change every few days."""
T = TypeVar("T")
_JITTER = 1 / 16
"""Servers wait longer than asked by up to this share (consul `agent/blockingquery`)."""


@dataclass(frozen=True)
class Checks:
    """A list of checks as it came: bytes, so that an equal one need not be read."""

    body: bytes
    index: int
    is_filtered: bool = False
    """Whether others were left out which the token may not see; never told of no token."""

    def read(self) -> list[HealthCheck]:
        """Return the checks. Raises: UnexpectedReplyError."""
        found: list[HealthCheck] = json_value(self.body, "Consul's list of checks")
        if not isinstance(found, list):
            raise UnexpectedReplyError("Consul's list of checks is no list")
        return found


@dataclass(frozen=True)
class Answer(Generic[T]):
    """An object, and the index to wait beyond for the next one."""

    found: T
    index: int


class ConsulClient:
    """One method a call; each raises `clients.errors.BackendError` and nothing else."""

    def __init__(self, backend: Backend, *, timeout_s: float) -> None:
        self.backend = backend
        self._timeout_s = timeout_s

    async def watch_checks(self, service_prefix: str, datacenter: str, after_index: int) -> Checks:
        """Return the checks of all nodes and of the services that begin with `service_prefix`.

        Waits until they differ from what the answer with `after_index` had, for 10 s or so; 0 asks
        for them now. Any server may answer, also one that lags behind.
        """
        params = {
            "filter": f'ServiceName == "" or ServiceName matches "^{service_prefix}"',
            "stale": "",
            **({"dc": datacenter} if datacenter else {}),
            **({"index": str(after_index), "wait": f"{WAIT_S}s"} if after_index else {}),
        }
        waits_s = WAIT_S * (1 + _JITTER) if after_index else 0.0
        response = await self.backend.ask_once(
            "GET", "/v1/health/state/any", params=params, timeout_s=waits_s + self._timeout_s
        )
        is_filtered = response.headers.get("X-Consul-Results-Filtered-By-Acls") == "true"
        return Checks(response.content, response.index(INDEX), is_filtered)

    async def watch_mesh_leaf(self, service: str, after_index: int) -> Answer[MeshLeaf]:
        """Return the certificate of `service` in the mesh, with its key, from the agent.

        Waits up to a minute until it differs from that of `after_index`; 0 asks for it now. The
        agent itself renews it, some time before its end.
        """
        found, index = await self._watch_agent(f"leaf/{service}", after_index)
        return Answer(cast(MeshLeaf, found), index)

    async def watch_mesh_roots(self, after_index: int) -> Answer[MeshRoots]:
        """Return the mesh's authorities, as `watch_mesh_leaf` does the certificate."""
        found, index = await self._watch_agent("roots", after_index)
        return Answer(cast(MeshRoots, found), index)

    async def _watch_agent(self, what: str, after_index: int) -> tuple[dict[str, Any], int]:
        params = {"index": str(after_index), "wait": f"{MESH_WAIT_S}s"} if after_index else {}
        waits_s = MESH_WAIT_S * (1 + _JITTER) if after_index else 0.0
        response = await self.backend.ask_once(
            "GET",
            f"/v1/agent/connect/ca/{what}",
            params=params,
            timeout_s=waits_s + self._timeout_s,
        )
        found = response.json()
        if not isinstance(found, dict):
            raise UnexpectedReplyError("Consul's answer about the service mesh is no object")
        return found, response.index(INDEX)
