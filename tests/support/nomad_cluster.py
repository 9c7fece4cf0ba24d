"""A Nomad as contract tests see it: the real one and the stand-in behind the same handles."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import nomad

from faas_nomad.clients.connections import open_client
from faas_nomad.clients.http import Backend
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.tokens import FixedToken
from support.processes import stop
from support.waiting import wait_until

T = TypeVar("T")
WITHIN_S = 30.0
_POLL_S = 0.05
ENDED = ("complete", "failed", "lost")


@dataclass
class NomadCluster:
    """A server with our client, the independent one, and plain HTTP for what neither has."""

    address: str
    is_real: bool
    client: NomadClient
    http: httpx.AsyncClient
    used_jobs: set[tuple[str, str]] = field(default_factory=set)

    @property
    def second(self) -> "nomad.Nomad":
        """A python-nomad client; blocking, so it is called in a thread."""
        return nomad.Nomad(address=self.address)

    async def register(self, job: dict[str, Any], expected_index: int | None = None) -> int:
        """Register over whatever is there, or over what is expected; return the new index."""
        key = (job["Namespace"], job["ID"])
        self.used_jobs.add(key)
        if expected_index is None:
            present = await self.http.get(f"/v1/job/{key[1]}", params={"namespace": key[0]})
            expected_index = present.json()["JobModifyIndex"] if present.is_success else 0
        reply = await self.client.register_job(job, expected_index=expected_index)
        return reply["JobModifyIndex"]

    async def get(self, path: str, **params: str) -> Any:
        """Return the JSON of a successful GET."""
        reply = await self.http.get(path, params=params)
        assert reply.is_success, f"{path}: {reply.status_code} {reply.text}"
        return reply.json()

    async def allocs(self, job_id: str, namespace: str = "default") -> list[dict[str, Any]]:
        """Return the stubs of the job's allocations, with their ports."""
        found = await self.get(
            "/v1/allocations", namespace=namespace, resources="true", task_states="true"
        )
        return [alloc for alloc in found if alloc["JobID"] == job_id]

    async def running(self, job_id: str, count: int, version: int = 0) -> list[dict[str, Any]]:
        """Wait until exactly `count` instances run, all of at least `version`; return them."""

        async def probe() -> tuple[list[dict[str, Any]]] | None:
            live = [a for a in await self.allocs(job_id) if is_live(a)]
            right = [a for a in live if a["JobVersion"] >= version]
            return (right,) if len(right) == len(live) == count else None

        (found,) = await eventually(probe, f"{count} instances of {job_id} run")
        return list(found)

    async def deployment(self, job_id: str, status: str, version: int = 0) -> dict[str, Any]:
        """Wait until the latest deployment is of at least `version` and has that status."""

        async def probe() -> dict[str, Any] | None:
            found = await self.get(f"/v1/job/{job_id}/deployment")
            is_it = found and found["Status"] == status and found["JobVersion"] >= version
            return dict(found) if is_it else None

        return dict(await eventually(probe, f"a deployment of {job_id} is {status}"))

    async def clean_up(self) -> None:
        """Stop all that the test registered; `wait_until_idle` waits for the processes' ends."""
        for namespace, job_id in self.used_jobs:
            params = {"namespace": namespace, "no_shutdown_delay": "true"}
            await self.http.delete(f"/v1/job/{job_id}", params=params)


def wait_until_idle(address: str, token: str = "") -> None:
    """Return once no instance runs, so that no process is left behind by the server's end."""

    def are_ended() -> bool:
        headers = {"X-Nomad-Token": token} if token else {}
        url, params = f"{address}/v1/allocations", {"namespace": "*"}
        found = httpx.get(url, params=params, headers=headers).json()
        return all(str(alloc["ClientStatus"]) in ENDED for alloc in found)

    wait_until(are_ended, "all instances have ended", 60)


def is_live(alloc: dict[str, Any]) -> bool:
    """Tell whether an allocation is wanted and runs."""
    return bool(alloc["ClientStatus"] == "running" and alloc["DesiredStatus"] == "run")


def url_of(alloc: dict[str, Any]) -> str:
    """Return where the allocation's port `http` is reached."""
    port = alloc["AllocatedResources"]["Shared"]["Ports"][0]
    assert port["Label"] == "http"
    return f"http://{port['HostIP']}:{port['Value']}"


async def eventually(
    probe: Callable[[], Awaitable[T]], what: str, within_s: float = WITHIN_S
) -> Any:
    """Return the first true value of `probe`; fail naming `what` when none comes in time."""
    deadline_s = time.monotonic() + within_s
    while True:
        value = await probe()
        if value:
            return value
        if time.monotonic() >= deadline_s:
            raise AssertionError(f"not within {within_s:g} s: {what} (last seen: {value!r})")
        await asyncio.sleep(_POLL_S)


def connect(address: str, *, is_real: bool, token: str = "") -> NomadCluster:
    """Return the handles on a server; close `client.backend.client` and `http` afterwards."""
    backend = Backend(
        "Nomad",
        open_client(address, TlsFiles(), timeout_s=10),
        FixedToken(token),
        token_header="X-Nomad-Token",
        timeout_s=10,
    )
    headers = {"X-Nomad-Token": token} if token else {}
    http = httpx.AsyncClient(base_url=address, timeout=15, trust_env=False, headers=headers)
    return NomadCluster(address, is_real, NomadClient(backend), http)


@contextmanager
def run_stand_in(folder: Path) -> Iterator[str]:
    """Run the stand-in as a process of its own until the block ends; give its address."""
    command = [sys.executable, "-m", "faas_nomad.embedded", "--port", "0"]
    log_file = folder / "stand-in.log"
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [*command, "--data-dir", str(folder / "data")], stdout=subprocess.PIPE, stderr=log
        )
    assert process.stdout is not None
    with process.stdout as output:
        try:
            line = output.readline().decode()
            assert " at http://" in line, f"{line!r} {log_file.read_text()}"
            yield line.split(" at ")[1].split(",")[0]
        finally:
            stop(process)
