"""Discovery through Consul with 1,000 functions: connections held, delay to the first request.

Usage: python -m bench.consul_discovery [--functions 1000] [--rounds 20]

A real development Nomad and a real Consul. The many are deployed with a constraint that no node
meets, and registered at Consul on a node that is not there, with passing checks, so that its lists
are as long as theirs would be. The few that are timed run: from Consul's own passing query to the
first request that reaches the new replica, both asked by this program.
"""

import argparse
import statistics
import sys
import tempfile
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.consul_server import ConsulServer, run_consul
from support.consul_site import nomad_consul_config
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.processes import connections_to, resident_mb
from support.service import Service, run_service
from support.waiting import wait_until

CLIENTS = 8
GOAL_MS = 200.0
WITHIN_S = 60.0
ASK_EVERY_S = 0.002
PREFIX = "openfaas-"
ECHO = {"image": "functions/cat:1", "envProcess": "cat"}
EVERY_SECOND = {"com.openfaas.nomad.check.interval": "1s"}


def main() -> int:
    """Run the benchmark and print its figures; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--functions", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="fn-bench-") as folder,
        run_consul(Path(folder) / "consul") as consul,
        run_nomad_agent(
            require_nomad(), Path(folder) / "nomad", consul_config=nomad_consul_config(consul)
        ) as agent,
        run_service(Path(folder), agent.address, settings(consul)) as service,
    ):
        service.wait_for_nomad()
        few_ms = delays_ms(service, consul, options.rounds, "few")
        fill(service, consul, options.functions)
        pid = service.child.process.pid
        held = connections_to(pid, consul.port)
        many_ms = delays_ms(service, consul, options.rounds, "many")
        print(f"connections to Consul with {options.functions} functions: {held}")
        print(f"resident memory: {resident_mb(pid):.0f} MB")
        report("alone", few_ms)
        report(f"beside {options.functions}", many_ms)
        return int(held != 1 or statistics.median(many_ms) > GOAL_MS)


def settings(consul: ConsulServer) -> dict[str, str]:
    """Return the service's settings."""
    return {"job_driver": "raw_exec", "discovery": "consul", "consul_http_addr": consul.address}


def fill(service: Service, consul: ConsulServer, count: int) -> None:
    """Deploy and register `count` functions that run nowhere."""

    def one(number: int) -> None:
        name = f"function-{number:04}"
        body = {**ECHO, "service": name, "constraints": ["${attr.kernel.name} = none"]}
        answer = httpx.post(f"{service.gateway_url}/system/functions", json=body, timeout=60)
        assert answer.status_code == 202, answer.text
        service_id = f"_nomad-task-{uuid.uuid4()}-group-fn-{PREFIX}{name}-http"
        check = {"Name": "health", "Status": "passing", "Output": "HTTP GET: 200 OK Output: OK"}
        registered = {
            "Node": "elsewhere",
            "Address": "192.0.2.1",
            "Service": {"ID": service_id, "Service": PREFIX + name, "Port": 8080},
            "Check": {**check, "CheckID": f"_nomad-check-{number}", "ServiceID": service_id},
        }
        reply = consul.ask("PUT", "/v1/catalog/register", json=registered)
        assert reply.is_success, reply.text

    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(one, range(count)))


def delays_ms(service: Service, consul: ConsulServer, rounds: int, name: str) -> list[float]:
    """Return, for each of `rounds` functions, the time from passing to its first answer."""
    return [delay_ms(service, consul, f"{name}-{number}") for number in range(rounds)]


def delay_ms(service: Service, consul: ConsulServer, name: str) -> float:
    """Deploy a function and time it from passing to its first answer."""
    passed: list[float] = []
    watching = threading.Thread(target=wait_passing, args=(consul, PREFIX + name, passed))
    watching.start()
    with httpx.Client(base_url=service.gateway_url, timeout=WITHIN_S) as client:
        body = {**ECHO, "service": name, "annotations": EVERY_SECOND}
        answer = client.post("/system/functions", json=body)
        assert answer.status_code == 202, answer.text
        deadline_s = time.monotonic() + WITHIN_S
        while client.post(f"/function/{name}", content=b"x").status_code != 200:
            assert time.monotonic() < deadline_s, f"{name} does not answer"
            time.sleep(ASK_EVERY_S)
        answered_s = time.monotonic()
        watching.join(WITHIN_S)
        client.request("DELETE", "/system/functions", json={"functionName": name})
    wait_until(lambda: not consul.passing(PREFIX + name), f"{name} is gone", WITHIN_S)
    return (answered_s - passed[0]) * 1000


def wait_passing(consul: ConsulServer, service: str, passed: list[float]) -> None:
    """Note when Consul's own passing query has the first instance; it waits at Consul for it."""
    index = "1"
    deadline_s = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline_s:
        params = {"passing": "1", "index": index, "wait": "5s"}
        reply = consul.ask("GET", f"/v1/health/service/{service}", params=params)
        if reply.json():
            passed.append(time.monotonic())
            return
        index = reply.headers["X-Consul-Index"]


def report(label: str, took_ms: list[float]) -> None:
    """Print the delays' median and spread."""
    median_ms = statistics.median(took_ms)
    print(
        f"passing check to first request, {label}: median {median_ms:.0f} ms, "
        f"from {min(took_ms):.0f} to {max(took_ms):.0f} ms (goal {GOAL_MS:.0f} ms)"
    )


if __name__ == "__main__":
    sys.exit(main())
