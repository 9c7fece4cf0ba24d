"""What the service costs while nothing happens: 1,000 functions with 3,000 replicas.

Usage: python -m bench.idle [--functions 1000] [--replicas 3] [--seconds 60] [--nomad PATH]

A real Nomad runs one function; what it says of it is recorded and said again of all the others by
a server in place of Nomad, as 3,000 processes would be too much for the machine. The service reads
everything once a minute, every replica's usage every 20 s, and hears a heartbeat every 30 s. Its
processor time is the kernel's count. Prometheus scrapes in the second half.
"""

import argparse
import asyncio
import json
import multiprocessing
import sys
import tempfile
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import uvloop

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.nomad_agent import run_nomad_agent
from support.nomad_binary import find_nomad
from support.ports import free_ports
from support.processes import resident_mb
from support.service import Service, run_service
from support.waiting import wait_until

GOAL_PERCENT = 5.0
GOAL_AGE_S = 30.0
SCRAPE_EVERY_S = 5.0
NAME = "recorded"
INDEX = 5000


@dataclass(frozen=True)
class Recording:
    """What Nomad answered about one function with one replica."""

    job: str
    statuses: str
    allocation: str
    stats: str
    alloc_id: str


def main() -> int:
    """Run the benchmark and print its figures; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--functions", type=int, default=1000)
    parser.add_argument("--replicas", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--nomad", type=Path, default=find_nomad())
    options = parser.parse_args()
    if options.nomad is None:
        parser.error("no Nomad binary: set NOMAD_BIN, put nomad on PATH, or give --nomad")
    with tempfile.TemporaryDirectory(prefix="fn-idle-") as folder:
        recording = record(Path(folder), options.nomad)
        answers = multiply(recording, options.functions, options.replicas)
        [port] = free_ports(1)
        nomad = multiprocessing.Process(target=play, args=(port, answers), daemon=True)
        nomad.start()
        try:
            with run_service(Path(folder), f"http://127.0.0.1:{port}") as service:
                return measure(service, options)
        finally:
            nomad.kill()
            nomad.join()


def record(folder: Path, binary: Path) -> Recording:
    """Deploy one function on a real Nomad and keep what Nomad says of it."""
    with (
        run_nomad_agent(binary, folder / "nomad") as agent,
        run_service(folder, agent.address, {"job_driver": "raw_exec"}) as service,
        httpx.Client(base_url=agent.address, timeout=10) as nomad,
    ):
        service.wait_for_nomad()
        body = {
            "service": NAME,
            "image": "registry.example.com/team/recorded:1.0.0",
            "envProcess": "cat",
            "labels": {"com.openfaas.scale.min": "1", "com.openfaas.scale.max": "10"},
            "annotations": {"topic": "topic-1"},
            "limits": {"memory": "128Mi", "cpu": "100m"},
        }
        httpx.post(f"{service.gateway_url}/system/functions", json=body).raise_for_status()

        def healthy() -> list[dict[str, Any]]:
            found = nomad.get("/v1/allocations?resources=true&task_states=false").json()
            return [a for a in found if (a["DeploymentStatus"] or {}).get("Healthy")]

        [alloc] = wait_until(healthy, "the replica is healthy", 60)
        stats = f"/v1/client/allocation/{alloc['ID']}/stats"
        wait_until(lambda: nomad.get(stats).json()["ResourceUsage"]["MemoryStats"], "measured", 20)
        return Recording(
            json.dumps(nomad.get("/v1/jobs?meta=true").json()[0]),
            json.dumps(nomad.get("/v1/jobs/statuses").json()[0]),
            json.dumps(alloc),
            nomad.get(stats).text,
            alloc["ID"],
        )


def multiply(one: Recording, functions: int, replicas: int) -> dict[str, bytes]:
    """Return the answers by path: what was said of one, said of all."""
    names = [f"function-{number:04}" for number in range(functions)]
    ids = {name: [str(uuid.uuid4()) for _ in range(replicas)] for name in names}
    statuses = []
    for name in names:
        text = json.loads(one.statuses.replace(NAME, name))
        text["GroupCountSum"] = replicas
        text["Allocs"] = [{**text["Allocs"][0], "ID": alloc_id} for alloc_id in ids[name]]
        statuses.append(json.dumps(text))
    allocations = [
        one.allocation.replace(NAME, name).replace(one.alloc_id, alloc_id)
        for name in names
        for alloc_id in ids[name]
    ]
    return {
        "/v1/jobs": _list(one.job.replace(NAME, name) for name in names),
        "/v1/jobs/statuses": _list(statuses),
        "/v1/allocations": _list(allocations),
        "/v1/namespaces": b'[{"Name":"default","Meta":null}]',
        "/v1/status/leader": b'"127.0.0.1:4647"',
        "stats": one.stats.encode(),
    }


def _list(items: Any) -> bytes:
    return ("[" + ",".join(items) + "]").encode()


def play(port: int, answers: dict[str, bytes]) -> None:
    """Answer as Nomad would, until killed."""
    uvloop.run(_play(port, answers))


async def _play(port: int, answers: dict[str, bytes]) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await _answer(head.split(b" ", 2)[1].decode(), answers, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


async def _answer(target: str, answers: dict[str, bytes], writer: asyncio.StreamWriter) -> None:
    path, _, query = target.partition("?")
    if path == "/v1/event/stream":
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        while True:
            writer.write(b"{}\n")
            await asyncio.sleep(30)
    if "index=" in query:
        await asyncio.sleep(300)
    body = answers["stats"] if path.endswith("/stats") else answers.get(path, b"[]")
    head = f"HTTP/1.1 200 OK\r\nX-Nomad-Index: {INDEX}\r\nContent-Length: {len(body)}\r\n\r\n"
    writer.write(head.encode() + body)


def measure(service: Service, options: argparse.Namespace) -> int:
    """Take the processor time over two spans: at rest, and while Prometheus scrapes."""
    replicas = options.functions * options.replicas
    service.wait_for_nomad()
    with httpx.Client(base_url=service.gateway_url, timeout=30) as client:

        def with_usage() -> int:
            listed = client.get("/system/functions", params={"usage": "1"}).json()
            return sum("usage" in fn for fn in listed)

        wait_until(lambda: with_usage() == options.functions, "all figures are there", 90)
        at_rest = _percent(service, options.seconds, lambda: None)
        oldest_s = _metric(client, "faas_nomad_usage_oldest_seconds")
        scraped = _percent(service, options.seconds, lambda: client.get("/metrics"))
        size_kb = len(client.get("/metrics").content) / 1000
    resident = resident_mb(service.child.process.pid)
    print(f"{options.functions} functions, {replicas} replicas, spans of {options.seconds} s")
    print(f"at rest:   {at_rest:.2f} % of one core (goal {GOAL_PERCENT:.0f} %)")
    print(f"           oldest figure of usage {oldest_s:.1f} s (goal {GOAL_AGE_S:.0f} s)")
    print(f"scraped every {SCRAPE_EVERY_S:.0f} s: {scraped:.2f} % ({size_kb:.0f} kB each)")
    print(f"resident:  {resident:.0f} MB")
    return int(at_rest > GOAL_PERCENT or oldest_s > GOAL_AGE_S)


def _percent(service: Service, seconds: int, do: Any) -> float:
    pid = service.child.process.pid
    before, began_s = _cpu_s(pid), time.monotonic()
    while time.monotonic() - began_s < seconds:
        do()
        time.sleep(SCRAPE_EVERY_S)
    return 100 * (_cpu_s(pid) - before) / (time.monotonic() - began_s)


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def _metric(client: httpx.Client, name: str) -> float:
    lines = client.get("/metrics").text.splitlines()
    return float(next(line for line in lines if line.startswith(f"{name} ")).split()[1])


if __name__ == "__main__":
    sys.exit(main())
