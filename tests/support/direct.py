"""Functions, and a balancer that sends requests straight to their replicas."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from support.functions import Functions, serving
from support.load import load
from support.nomad_agent import NomadAgent
from support.ports import free_ports
from support.shipped_jobs import run_job
from support.waiting import wait_until
from support.world import Json, World

RATE = 1000.0
ALL_METHODS = ("GET", "POST", "PUT", "DELETE")
CALM_S = 2.0


@dataclass(frozen=True)
class Direct:
    """Functions of a service, and a balancer before their replicas."""

    functions: Functions
    url: str

    def get(self, path: str) -> httpx.Response:
        return httpx.get(self.url + path, timeout=30)

    def is_up(self, path: str) -> bool:
        """Tell whether the balancer answers `path` well."""
        return self.get(path).status_code == 200

    def instances(self, name: str) -> set[str]:
        """Return which replicas answer 40 calls."""
        return {self.get(f"/function/{name}").json()["instance"] for _ in range(40)}

    def carried_by_us(self, name: str) -> float:
        """Return how many invocations of the function went through faas-nomad."""
        lines = self.functions.http.get("/metrics").text.splitlines()
        series = f'gateway_function_invocation_total{{code="200",function_name="{name}.'
        return sum(float(line.split()[-1]) for line in lines if line.startswith(series))

    def wait_direct(self, name: str) -> None:
        """Wait until a request goes past faas-nomad."""

        def is_past() -> bool:
            before = self.carried_by_us(name)
            return self.get(f"/function/{name}").is_success and self.carried_by_us(name) == before

        wait_until(is_past, f"{name} is called directly", 30)

    def check_scaling_under_load(self) -> None:
        """Scale a function from 1 to 4 and back at 1,000 requests/s: none may fail."""
        functions = self.functions
        name = functions.deploy(functions.world.deployment())
        self.wait_direct(name)
        before = self.carried_by_us(name)

        url = f"{self.url}/function/{name}"
        with load(functions.sdk.binary, url, rate=RATE, methods=ALL_METHODS) as report:
            time.sleep(CALM_S)
            functions.scale(name, 4)
            functions.wait_available(name, 4)
            wait_until(lambda: len(self.instances(name)) == 4, "all four are called", 30)
            time.sleep(CALM_S)
            functions.scale(name, 1)
            functions.wait_available(name, 1)
            wait_until(lambda: len(functions.allocations(name)) == 1, "three have ended", 60)
            time.sleep(CALM_S)

        print(f"{report.requests} requests in {report.duration_s:.1f} s, {report.failed} failed")
        assert (report.failed, report.failures) == (0, [])
        assert len(report.instances) == 4
        assert self.carried_by_us(name) == before
        assert report.requests > RATE / 2 * report.duration_s


@contextmanager
def behind(
    world: World,
    folder: Path,
    balancer: str,
    job_for: Callable[[str, int], Json],
    health_path: str,
) -> Iterator[Direct]:
    """Run a service whose functions have the tags of `balancer`, and that balancer as a job.

    `job_for` makes its job, called `faas-BALANCER`, from our address for callers and its own port.
    """
    [port] = free_ports(1)
    with ExitStack() as stack:
        prefix = f"{balancer}-"
        functions = stack.enter_context(serving(world, folder, prefix, balancer_tags=balancer))
        job_url = f"{world.nomad_url}/v1/job/faas-{balancer}"
        stack.callback(httpx.delete, job_url, params={"purge": "true"})
        job = job_for(functions.service.gateway_url, port)
        run_job(NomadAgent(world.nomad_url, "", folder, world.nomad_pid), job)
        found = Direct(functions, f"http://127.0.0.1:{port}")
        wait_until(lambda: found.is_up(health_path), f"{balancer} answers", 30)
        yield found
