"""Running `wrk` once, and reading from the kernel what it cost."""

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from scenarios import Scenario

HERE = Path(__file__).parent
_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Sample:
    """One run of one scenario against one contender."""

    requests_s: float
    cpu_us: float
    """The proxy's processor time for each request."""
    p50_ms: float
    p99_ms: float
    rss_mb: float
    errors: int
    foreign: float
    """Load of everything else on the machine, in cores."""


def measure(
    scenario: Scenario, port: int, proxy: int, backend: int, seconds: int, pin: list[str]
) -> Sample:
    """Let `wrk` call the proxy at `port` for `seconds`; `proxy` and `backend` are process ids."""
    command = [*pin, "wrk", "-t1", f"-c{scenario.connections}", f"-d{seconds}s"]
    command += ["-s", str(HERE / "wrk.lua"), f"http://127.0.0.1:{port}/function/bench"]
    command[-1] += scenario.path
    arguments = [scenario.method, str(scenario.body), scenario.framing, scenario.headers]
    before = (_cpu_s(proxy), _cpu_s(backend), _machine_busy_s())
    children_before_s = _children_s()
    ended = subprocess.run([*command, "--", *arguments], capture_output=True, text=True, check=True)
    own_s = _cpu_s(proxy) - before[0]
    ours_s = own_s + _cpu_s(backend) - before[1] + _children_s() - children_before_s
    found = json.loads(ended.stdout.splitlines()[-1])
    requests = max(1, found["requests"])
    return Sample(
        requests_s=requests / found["seconds"],
        cpu_us=own_s / requests * 1e6,
        p50_ms=found["p50_us"] / 1e3,
        p99_ms=found["p99_us"] / 1e3,
        rss_mb=_rss_mb(proxy),
        errors=found["errors"],
        foreign=max(0.0, (_machine_busy_s() - before[2] - ours_s) / found["seconds"]),
    )


def _children_s() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _tree(pid: int) -> list[int]:
    """Return the process and all below it."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in _tree(int(child)))]


def _cpu_s(pid: int) -> float:
    ticks = 0
    for member in _tree(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS_A_SECOND


def _rss_mb(pid: int) -> float:
    pages = sum(int(Path(f"/proc/{m}/statm").read_text().split()[1]) for m in _tree(pid))
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _machine_busy_s() -> float:
    user, nice, system, _, _, irq, softirq, steal = (
        int(ticks) for ticks in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / _TICKS_A_SECOND
