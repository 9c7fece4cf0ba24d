"""Taking one sample: callers in a process of their own, and what their calls cost the proxy."""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bench.kernel import PeakMemory, cpu_s, machine_busy_s, own_cpu_s, rss_mb
from bench.samples import Sample
from bench.scenarios import Scenario

HERE = Path(__file__).parent
_SETTLED_S = 1.5
_SMALL_BUFFER_BYTES = 4096


def sample(
    scenario: Scenario, port: int, proxy: int, backend: int, seconds: int, pin: Sequence[str]
) -> Sample:
    """Measure the proxy at `port` for `seconds`; `proxy` and `backend` are process ids.

    Raises:
        subprocess.CalledProcessError: The callers' program failed.
    """
    if scenario.kind == "slow readers":
        return _slow_readers(scenario, port, proxy)
    command = [*pin, *_callers(scenario, port, seconds)]
    proxy_before_s = cpu_s(proxy)
    known_before_s = proxy_before_s + cpu_s(backend) + own_cpu_s()
    busy_before_s = machine_busy_s()
    with PeakMemory(proxy) as memory:
        ended = subprocess.run(command, capture_output=True, text=True, check=True)
    busy_s = machine_busy_s() - busy_before_s
    proxy_after_s = cpu_s(proxy)
    known_s = proxy_after_s + cpu_s(backend) + own_cpu_s() - known_before_s
    found = json.loads(ended.stdout.splitlines()[-1])
    requests = max(1, found["requests"])
    return Sample(
        requests_s=requests / found["seconds"],
        cpu_us=(proxy_after_s - proxy_before_s) / requests * 1e6,
        p50_ms=found["p50_us"] / 1e3,
        p99_ms=found["p99_us"] / 1e3,
        rss_mb=memory.mb,
        errors=found["errors"],
        foreign=max(0.0, (busy_s - known_s) / found["seconds"]),
    )


def _callers(scenario: Scenario, port: int, seconds: int) -> list[str]:
    if scenario.kind == "ticks":
        script = [sys.executable, str(HERE / "ticks.py"), str(port), scenario.url_path]
        return [*script, str(scenario.connections), str(seconds), scenario.headers]
    command = ["wrk", "-t1", f"-c{scenario.connections}", f"-d{seconds}s", "--timeout", "10s"]
    command += ["-s", str(HERE / "wrk.lua"), f"http://127.0.0.1:{port}{scenario.url_path}", "--"]
    return [*command, scenario.method, str(scenario.body), scenario.framing, scenario.headers]


def _slow_readers(scenario: Scenario, port: int, proxy: int) -> Sample:
    """Ask for the big answer on many connections, read nothing, and see what that takes."""
    before_mb = rss_mb(proxy)
    readers = [_ask(scenario.url_path, port) for _ in range(scenario.connections)]
    with PeakMemory(proxy) as memory:
        time.sleep(_SETTLED_S)  # the answers flow until every buffer on the way is full
    errors = sum(reader.recv(12) != b"HTTP/1.1 200" for reader in readers)
    for reader in readers:
        reader.close()
    each_mb = max(0.0, memory.mb - before_mb) / len(readers)
    return Sample(0, 0, 0, 0, rss_mb=each_mb, errors=errors, foreign=0)


def _ask(target: str, port: int) -> socket.socket:
    reader = socket.socket()
    reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL_BUFFER_BYTES)
    reader.settimeout(10)
    reader.connect(("127.0.0.1", port))
    reader.sendall(f"GET {target} HTTP/1.1\r\nHost: bench\r\n\r\n".encode())
    return reader
