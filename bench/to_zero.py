"""Calls that come just as their function falls asleep: none may fail.

Some functions that sleep after a while are called over and over, each time a little before, at or
after the moment at which that is decided, until each has slept so often. Prints what callers
saw; a wrong body counts as status 0.

    .venv/bin/python -m bench.to_zero [--sleeps 17] [--idle 15] [--functions 3] [--workers 1]
"""

import argparse
import statistics
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import httpx

from bench.desk import desk
from bench.from_zero import WITHIN_S, ok, until

EDGE_S = 2.4
"""A decision falls up to two looks, of a second each, after the idle time."""
STEPS = 25


@dataclass
class Seen:
    """What the callers of one function saw."""

    statuses: Counter[int] = field(default_factory=Counter)
    waits_ms: list[float] = field(default_factory=list)
    sleeps: int = 0


def main() -> None:
    """Run until every function has slept so often, and print the sums."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sleeps", type=int, default=17)
    parser.add_argument("--idle", type=float, default=15.0)
    parser.add_argument("--functions", type=int, default=3)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    with desk("--workers", str(options.workers)) as running:
        with httpx.Client(base_url=running.service_url) as service:
            until(lambda: ok(service, "/system/functions"))
        names = [f"edge-{number}" for number in range(options.functions)]

        def call(name: str) -> Seen:
            urls = running.service_url, running.nomad_url
            return at_the_edge(*urls, name, options.idle, options.sleeps)

        with ThreadPoolExecutor(options.functions) as pool:
            report(list(pool.map(call, names)))


def at_the_edge(url: str, nomad_url: str, name: str, idle_s: float, sleeps: int) -> Seen:
    """Call one function until it has slept that often."""
    seen = Seen()
    service = httpx.Client(base_url=url, timeout=WITHIN_S)
    nomad = httpx.Client(base_url=nomad_url)
    labels = {"com.openfaas.scale.zero": "true", "com.openfaas.scale.zero-duration": f"{idle_s}s"}
    deployment = {"service": name, "image": "none", "envProcess": "cat", "labels": labels}
    service.post("/system/functions", json=deployment).raise_for_status()
    until(lambda: ok(service, f"/function/{name}"))
    calls = 0
    while seen.sleeps < sleeps:
        time.sleep(idle_s + EDGE_S * (calls % STEPS) / STEPS)
        begun_s = time.monotonic()
        answer = service.post(f"/function/{name}", content=str(calls))
        seen.waits_ms.append((time.monotonic() - begun_s) * 1000)
        is_right = answer.text == str(calls)
        seen.statuses[answer.status_code if is_right else 0] += 1
        calls += 1
        # Every sleep and every waking is a version of the job, the first deployment is 0.
        seen.sleeps = int(nomad.get(f"/v1/job/openfaas-{name}").json()["Version"]) // 2
    return seen


def report(found: list[Seen]) -> None:
    """Print the sums over all functions."""
    statuses = sum((seen.statuses for seen in found), Counter[int]())
    waits_ms = sorted(wait for seen in found for wait in seen.waits_ms)
    print(f"sleeps   {sum(seen.sleeps for seen in found)}")
    print(f"calls    {statuses.total()}, by status {dict(statuses)}")
    print(f"failed   {statuses.total() - statuses[200]}")
    print(f"wait ms  median {statistics.median(waits_ms):.0f}, most {waits_ms[-1]:.0f}")


if __name__ == "__main__":
    main()
