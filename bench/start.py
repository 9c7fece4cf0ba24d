"""How soon a started service serves, and what it costs then: 1,000 functions are known to Nomad.

Usage: python -m bench.start [--functions 1000] [--rounds 7] [--nomad PATH]

As in `idle.py` a server plays a recorded Nomad. A round starts the service as an operator does and
asks until the first invocation is answered by a replica.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
import uvloop

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from bench.idle import multiply, play, record
from support.nomad_binary import find_nomad
from support.ports import free_ports
from support.processes import resident_mb, running

GOAL_S = 1.5
GOAL_MB = 80.0
ASK_EVERY_S = 0.005
WITHIN_S = 60.0


def main() -> int:
    """Run the benchmark and print its figures; 1 when a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--functions", type=int, default=1000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--nomad", type=Path, default=find_nomad())
    options = parser.parse_args()
    if options.nomad is None:
        parser.error("no Nomad binary: set NOMAD_BIN, put nomad on PATH, or give --nomad")
    with tempfile.TemporaryDirectory(prefix="fn-start-") as folder:
        recording = record(Path(folder), options.nomad)
        [port] = free_ports(1)
        replica_port = port_of(recording.allocation)
        answers = multiply(recording, options.functions, 1)
        played = [
            multiprocessing.Process(target=play, args=(port, answers), daemon=True),
            multiprocessing.Process(target=play_replica, args=(replica_port,), daemon=True),
        ]
        for process in played:
            process.start()
        try:
            rounds = [one_round(Path(folder), port) for _ in range(options.rounds)]
        finally:
            for process in played:
                process.kill()
                process.join()
    return tell(options.functions, rounds)


def port_of(allocation: str) -> int:
    """Return the port of the recorded replica."""
    return int(json.loads(allocation)["AllocatedResources"]["Shared"]["Ports"][0]["Value"])


def one_round(folder: Path, nomad_port: int) -> tuple[float, float, float]:
    """Return seconds to the first answer, processor seconds until then, and MB afterwards."""
    port, gateway_port = free_ports(2)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "NOMAD_ADDR": f"http://127.0.0.1:{nomad_port}",
        "host": "127.0.0.1",
        "port": str(port),
        "gateway_port": str(gateway_port),
        "usage_interval": "0",
        "job_driver": "raw_exec",
    }
    command = [sys.executable, "-m", "faas_nomad", "serve"]
    began_s = time.monotonic()
    with running("faas-nomad", command, folder / "start.log", environment) as child:
        url = f"http://127.0.0.1:{gateway_port}/function/function-0000"
        while not _answers(url):
            child.check_alive()
            assert time.monotonic() < began_s + WITHIN_S, child.log_tail()
            time.sleep(ASK_EVERY_S)
        took_s = time.monotonic() - began_s
        ticks = Path(f"/proc/{child.process.pid}/stat").read_text().rpartition(")")[2].split()
        cpu_s = (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")
        return took_s, cpu_s, resident_mb(child.process.pid)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).status_code == 200
    except httpx.TransportError:
        return False


def play_replica(port: int) -> None:
    """Answer as every function's replica, until killed."""
    uvloop.run(_play_replica(port))


async def _play_replica(port: int) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", port)
    await server.serve_forever()


def tell(functions: int, rounds: list[tuple[float, float, float]]) -> int:
    """Print the figures; return 1 when a goal is missed."""
    took, cpu, resident = (sorted(values) for values in zip(*rounds, strict=True))
    median_s, largest_mb = statistics.median(took), resident[-1]
    print(f"{functions} functions known to Nomad, {len(rounds)} starts")
    print(
        f"first answer: median {median_s:.2f} s (goal {GOAL_S} s), {took[0]:.2f} to {took[-1]:.2f}"
    )
    print(f"processor:    median {statistics.median(cpu):.2f} s until then")
    print(f"resident:     {largest_mb:.0f} MB at most (goal {GOAL_MB:.0f} MB)")
    return int(median_s > GOAL_S or largest_mb > GOAL_MB)


if __name__ == "__main__":
    sys.exit(main())
