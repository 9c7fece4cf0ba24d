"""Functions that a test deploys through the official client, removed when it ends."""

import json
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import httpx

from support.go_sdk import GoSdk
from support.processes import kill_allocation
from support.service import Service, run_service
from support.waiting import wait_until
from support.world import Json, World

READY_WITHIN_S = 60.0
GONE_WITHIN_S = 40.0


class Functions(AbstractContextManager["Functions"]):
    """Deploys, waits, invokes; on exit every function deployed here is deleted."""

    def __init__(self, world: World, service: Service) -> None:
        self.world = world
        self.service = service
        self.sdk = GoSdk(world.sdk_binary, service.gateway_url)
        self.http = httpx.Client(base_url=service.gateway_url, timeout=30)
        self._deployed: list[str] = []

    def __exit__(self, *exc_info: object) -> None:
        self.http.close()
        for name in self._deployed:
            reply = self.sdk.delete(name)
            assert reply.status in (202, 404), reply

    def deploy(self, deployment: Json, available: int = 1) -> str:
        """Deploy, wait until that many replicas can serve, and return the function's name."""
        name = self.send(deployment)
        self.wait_available(name, available)
        return name

    def send(self, deployment: Json) -> str:
        """Deploy without waiting, and return the function's name."""
        name = str(deployment["service"])
        self._deployed.append(name)
        reply = self.sdk.deploy(deployment)
        assert (reply.status, reply.error) == (202, ""), reply
        return name

    def scale(self, name: str, replicas: int) -> None:
        reply = self.sdk.scale(name, replicas)
        assert (reply.status, reply.error) == (202, ""), reply

    def status(self, name: str) -> Json:
        """Return the status as JSON, with the keys that the official types do not have."""
        reply = self.sdk.get(name)
        assert (reply.status, reply.error) == (200, ""), reply
        status: Json = json.loads(reply.body)
        return status

    def wait_available(self, name: str, replicas: int) -> None:
        """Wait until exactly `replicas` can serve."""

        def available() -> bool:
            status = self.status(name)
            return bool(status.get("availableReplicas", 0) == replicas)

        wait_until(available, f"{name} has {replicas} available replicas", READY_WITHIN_S)

    def wait_updated(self, name: str) -> None:
        """Wait until the service reports the newest version complete."""

        def complete() -> bool:
            status = self.status(name)
            wanted = status["replicas"]
            keys = ("availableReplicas", "updatedReplicas")
            return all(status.get(key, 0) == wanted for key in keys)

        wait_until(complete, f"{name} is updated", READY_WITHIN_S)

    def url(self, name: str) -> str:
        return f"{self.service.gateway_url}/function/{name}"

    def invoke(
        self,
        name: str,
        rest: str = "",
        *,
        method: str = "GET",
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """Call the function; `rest` is sent after its name byte for byte."""
        target = f"/function/{name}{rest}".encode()
        return self.http.request(
            method, "/", content=content, headers=headers, extensions={"target": target}
        )

    def echoed(self, name: str, rest: str = "", **call: Any) -> Json:
        """Call the function and return what it says has reached it."""
        answer = self.invoke(name, rest, **call)
        assert answer.status_code == 200, (answer.status_code, answer.text)
        echo: Json = answer.json()
        return echo

    def allocations(self, name: str) -> list[Json]:
        """Return the function's running allocations as Nomad has them, none about to run.

        The service finds a replica ready up to 0.2 s before Nomad says that it runs.
        """
        job_id = self.job_id(name)

        running: list[Json] = []

        def is_settled() -> bool:
            found = self.world.nomad.job.get_allocations(job_id)
            running[:] = [alloc for alloc in found if alloc["ClientStatus"] == "running"]
            return all(alloc["ClientStatus"] != "pending" for alloc in found)

        wait_until(is_settled, f"no replica of {name} is about to run", READY_WITHIN_S)
        return running

    def kill_one_replica(self, name: str) -> str:
        """Kill -9 all processes of one replica and return its allocation's ID."""
        victim = str(self.allocations(name)[0]["ID"])
        kill_allocation(victim)
        return victim

    def job_id(self, name: str) -> str:
        jobs = [job["ID"] for job in self.world.nomad.jobs.get_jobs()]
        [job_id] = [job_id for job_id in jobs if job_id.endswith(f"-{name}")]
        return str(job_id)


@contextmanager
def serving(
    world: World, folder: Path, job_name_prefix: str, **settings: str
) -> Iterator[Functions]:
    """Run a service of its own, in touch with Nomad; give what is deployed through it."""
    with run_service(folder, world.nomad_url, world.settings(job_name_prefix, **settings)) as one:
        one.wait_for_nomad()
        with Functions(world, one) as functions:
            yield functions
