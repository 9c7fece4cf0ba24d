"""What counting costs an invocation: the data path as it is against one that counts nothing.

Usage: python -m bench.metrics_cost [--rounds 8] [--seconds 3]

Both proxies run on core 0 before the same backend, callers and backend on core 1; rounds are
interleaved and the figure is the ratio of the medians of processor time for a request. Not
counted means: no status, no duration and no sum. The number in flight stays, as retries and
balancing use it.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import uvloop

from bench.contenders import Running, backend, build
from bench.ours import serve
from bench.sampling import sample
from bench.scenarios import SCENARIOS
from faas_nomad.proxy.stats import FunctionStats

GOAL_PERCENT = 3.0
PORTS = {"counts": 18_471, "counts nothing": 18_472}


def main() -> int:
    """Run the benchmark and print its figures; 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=int, default=3)
    options = parser.parse_args()
    costs: dict[str, list[float]] = {who: [] for who in PORTS}
    pin = ["taskset", "-c", "1"]
    with tempfile.TemporaryDirectory() as binaries, ExitStack() as stack:
        build(Path(binaries))
        function = stack.enter_context(backend(Path(binaries), pin))
        proxies = {who: stack.enter_context(_proxy(who, function)) for who in PORTS}
        [scenario] = [s for s in SCENARIOS if s.name == "get 64"]
        for number in range(2 * options.rounds):
            who = list(PORTS)[number % 2]
            pid = proxies[who]
            found = sample(scenario, PORTS[who], pid, function.pid, options.seconds, pin)
            costs[who].append(found.cpu_us)
            print(f"{who}: {found.cpu_us:.2f} µs, foreign {found.foreign:.2f}", flush=True)
    counted, uncounted = (median(costs[who][1:]) for who in PORTS)
    percent = 100 * (counted / uncounted - 1)
    print(f"{counted:.2f} µs against {uncounted:.2f} µs: {percent:+.1f} % (goal {GOAL_PERCENT} %)")
    return int(percent > GOAL_PERCENT)


@contextmanager
def _proxy(who: str, function: Running) -> Iterator[int]:
    target = _serve if who == "counts" else _serve_uncounted
    address = f"127.0.0.1:{function.port}"
    process = get_context("spawn").Process(target=target, args=(PORTS[who], address), daemon=True)
    process.start()
    asyncio.run(_listening(PORTS[who]))
    try:
        yield process.pid or 0
    finally:
        process.kill()
        process.join()


async def _listening(port: int) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                return writer.close()


def _serve(port: int, function: str) -> None:
    os.sched_setaffinity(0, {0})
    uvloop.run(serve(port, function))


def _serve_uncounted(port: int, function: str) -> None:
    def ended(stats: FunctionStats, code: int, took_s: float) -> None:
        stats.in_flight -= 1

    setattr(FunctionStats, "ended", ended)  # noqa: B010 - so that types need not fit
    _serve(port, function)


if __name__ == "__main__":
    sys.exit(main())
