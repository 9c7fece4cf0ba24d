"""List 1,000 functions: milliseconds at the client, requests to Nomad, resident memory.

Usage: python -m bench.thousand_functions [--functions 1000] [--nomad PATH]

The functions are deployed through the service on a real development Nomad. A constraint that no
node meets keeps Nomad from starting a thousand processes; what the service holds of each
function is the same.
"""

import argparse
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.cable import Cable, cable_to
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import find_nomad
from support.processes import resident_mb
from support.service import Service, run_service
from support.waiting import wait_until

DEPLOYERS = 8
LISTINGS = 100
GOAL_MS = 30.0
GOAL_MB = 120.0


def main() -> int:
    """Run the benchmark and print its figures; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--functions", type=int, default=1000)
    parser.add_argument("--nomad", type=Path, default=find_nomad())
    options = parser.parse_args()
    if options.nomad is None:
        parser.error("no Nomad binary: set NOMAD_BIN, put nomad on PATH, or give --nomad")
    with (
        tempfile.TemporaryDirectory(prefix="fn-bench-") as folder,
        run_nomad_agent(options.nomad, Path(folder) / "nomad") as agent,
        cable_to(agent.address) as cable,
        run_service(Path(folder), cable.address, {"job_driver": "raw_exec"}) as service,
    ):
        service.wait_for_nomad()
        empty_mb = resident_mb(service.child.process.pid)
        deploy_all(service, options.functions)
        return measure(service, cable, empty_mb)


def deploy_all(service: Service, count: int) -> None:
    """Deploy the functions, several at a time, and wait until all are listed."""
    started_s = time.monotonic()
    with (
        httpx.Client(base_url=service.gateway_url, timeout=60) as client,
        ThreadPoolExecutor(DEPLOYERS) as deployers,
    ):
        answers = deployers.map(lambda n: deploy(client, n), range(count))
        statuses = [answer.status_code for answer in answers]
        assert set(statuses) == {202}, sorted(set(statuses))
        took_s = time.monotonic() - started_s
        wait_until(lambda: len(client.get("/system/functions").json()) == count, "all listed", 60)
    print(f"deployed {count} functions in {took_s:.1f} s, {count / took_s:.0f} a second")


def deploy(client: httpx.Client, number: int) -> httpx.Response:
    """Deploy one function with what a usual one has."""
    body = {
        "service": f"function-{number:04}",
        "image": f"registry.example.com/team/function-{number:04}:1.0.{number}",
        "envProcess": "python3 index.py",
        "envVars": {"write_debug": "true", "exec_timeout": "30s", "TEAM": f"team-{number % 20}"},
        "labels": {"com.openfaas.scale.min": "1", "com.openfaas.scale.max": "10"},
        "annotations": {"topic": f"topic-{number % 50}"},
        "limits": {"memory": "128Mi", "cpu": "100m"},
        "requests": {"memory": "64Mi", "cpu": "50m"},
        "constraints": ["${attr.kernel.name} = none"],
    }
    return client.post("/system/functions", json=body)


def measure(service: Service, cable: Cable, empty_mb: float) -> int:
    """Time the listings one after the other on one connection, and look at the memory."""
    took_ms = []
    before = cable.requests
    started_s = time.monotonic()
    with httpx.Client(base_url=service.gateway_url) as client:
        for _ in range(LISTINGS):
            began_s = time.perf_counter()
            answer = client.get("/system/functions")
            took_ms.append((time.perf_counter() - began_s) * 1000)
    asked = cable.requests - before
    window_s = time.monotonic() - started_s
    median_ms, worst_ms = statistics.median(took_ms), max(took_ms)
    full_mb = resident_mb(service.child.process.pid)
    print(f"listing: median {median_ms:.1f} ms, worst {worst_ms:.1f} ms (goal {GOAL_MS:.0f} ms)")
    print(f"         {len(answer.content) / 1000:.0f} kB each, {LISTINGS} one after the other")
    print(
        f"requests to Nomad meanwhile: {asked} in {window_s:.1f} s (a snapshot a minute is usual)"
    )
    print(f"resident memory: {full_mb:.0f} MB, empty {empty_mb:.0f} MB (goal {GOAL_MB:.0f} MB)")
    return int(median_ms > GOAL_MS or full_mb > GOAL_MB)


if __name__ == "__main__":
    sys.exit(main())
