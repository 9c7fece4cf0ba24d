"""Consul's HTTP API, the part that this project uses, asynchronous over httpx.

Sources: consul `api/health.go`, `agent/http.go` (v1.20). A blocking query waits at the server until
something has changed beyond the index it names; the reply's index is in `X-Consul-Index`.
"""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from faas_nomad.clients.errors import UnexpectedReplyError
from faas_nomad.clients.http import Backend
from faas_nomad.model.consul import HealthCheck

WAIT_S = 10
"""A blocking query's; an agent that hangs is noticed soon after, at the price of a reply more."""
_JITTER = 1 / 16
"""Servers wait longer than asked by up to this share (consul `agent/blockingquery`)."""


@dataclass(frozen=True)
class Checks:
    """A list of checks as it came: bytes, so that an equal one need not be read."""

    body: bytes
    index: int

    def read(self) -> list[HealthCheck]:
        """Return the checks. Raises: UnexpectedReplyError."""
        try:
            found: list[HealthCheck] = json.loads(self.body)
        except ValueError as err:
            raise UnexpectedReplyError("Consul's list of checks is no JSON") from err
        if not isinstance(found, list):
            raise UnexpectedReplyError("Consul's list of checks is no list")
        return found


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
        return Checks(response.content, _index(response))


def _index(response: httpx.Response) -> int:
    text: Any = response.headers.get("X-Consul-Index")
    if not text or not text.isdigit():
        raise UnexpectedReplyError("Consul's answer has no X-Consul-Index")
    return int(text)
