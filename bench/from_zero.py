"""How much longer a call of a sleeping function takes than Nomad itself needs for a first replica.

Each round puts a raw_exec function to sleep, calls it, and compares the caller's wait with the time
from Nomad receiving the change of the count (its evaluation's creation) to the replica's process
listening (as the kernel lists it, looked at every millisecond). Prints medians.

    .venv/bin/python -m bench.from_zero [--rounds 20] [--workers 1]
"""

import argparse
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from bench.desk import desk

WITHIN_S = 60.0
NAME = "sleeper"
JOB = f"openfaas-{NAME}"
LISTEN = "0A"


def main() -> None:
    """Run the rounds and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    with desk("--workers", str(options.workers)) as running:
        service = httpx.Client(base_url=running.service_url, timeout=WITHIN_S)
        nomad = httpx.Client(base_url=running.nomad_url)
        until(lambda: ok(service, "/system/functions"))
        deployment = {"service": NAME, "image": "none", "envProcess": "cat"}
        service.post("/system/functions", json=deployment).raise_for_status()
        until(lambda: ok(service, f"/function/{NAME}"))
        report([one_round(service, nomad) for _ in range(options.rounds)])


def one_round(service: httpx.Client, nomad: httpx.Client) -> dict[str, float]:
    """Return the milliseconds of one waking."""
    body = {"serviceName": NAME, "replicas": 0}
    service.post(f"/system/scale-function/{NAME}", json=body).raise_for_status()
    until(lambda: not live(nomad))
    with watched_listeners() as listening_since_ns:
        begun_ns = time.time_ns()
        answer = service.post(f"/function/{NAME}", content="good morning")
        ended_ns = time.time_ns()
    assert (answer.status_code, answer.text) == (200, "good morning"), answer.text
    [alloc] = live(nomad)
    [port] = alloc["AllocatedResources"]["Shared"]["Ports"]
    received_ns = max(e["CreateTime"] for e in evaluations(nomad) if is_scale(e))
    listening_ns = listening_since_ns[port["Value"]]
    nomads_ms = (listening_ns - received_ns) / 1e6
    caller_ms = (ended_ns - begun_ns) / 1e6
    return {
        "caller's wait": caller_ms,
        "Nomad: call to listening": nomads_ms,
        "difference": caller_ms - nomads_ms,
        "before Nomad's": (received_ns - begun_ns) / 1e6,
        "after listening": (ended_ns - listening_ns) / 1e6,
    }


@contextmanager
def watched_listeners() -> Iterator[dict[int, int]]:
    """Note when each port of this machine is first listened on, in Unix nanoseconds."""
    over, since_ns = threading.Event(), dict.fromkeys(listening(), 0)

    def watch() -> None:
        while not over.wait(0.001):
            now_ns = time.time_ns()
            for port in listening():
                since_ns.setdefault(port, now_ns)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield since_ns
    finally:
        over.set()
        watcher.join()
        for port in listening():  # with a long table of connections the last look was too early
            since_ns.setdefault(port, time.time_ns())


def listening() -> Iterator[int]:
    """Yield the ports of this machine that are listened on."""
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split(None, 4)
            if fields[3] == LISTEN:
                yield int(fields[1].rsplit(":", 1)[1], 16)


def live(nomad: httpx.Client) -> list[dict[str, Any]]:
    """Return the function's allocations that have not ended."""
    ended = 'ClientStatus != "complete" and ClientStatus != "failed"'
    params = {"resources": "true", "filter": f'JobID == "{JOB}" and {ended}'}
    found: list[dict[str, Any]] = nomad.get("/v1/allocations", params=params).json()
    return found


def evaluations(nomad: httpx.Client) -> list[dict[str, Any]]:
    """Return the job's evaluations."""
    found: list[dict[str, Any]] = nomad.get(f"/v1/job/{JOB}/evaluations").json()
    return found


def is_scale(evaluation: dict[str, Any]) -> bool:
    """Tell whether a registration made the evaluation."""
    return bool(evaluation["TriggeredBy"] == "job-register")


def ok(client: httpx.Client, path: str) -> bool:
    """Tell whether a GET of `path` is answered 200 now."""
    try:
        return client.get(path).status_code == 200
    except httpx.TransportError:
        return False


def until(met: Any) -> None:
    """Wait until `met`. Raises: TimeoutError."""
    deadline_s = time.monotonic() + WITHIN_S
    while not met():
        if time.monotonic() > deadline_s:
            raise TimeoutError("the condition was not met in time")
        time.sleep(0.05)


def report(rounds: list[dict[str, float]]) -> None:
    """Print medians and extremes in milliseconds."""
    print(f"{'':<26}{'median':>9}{'least':>9}{'most':>9}   (ms, {len(rounds)} rounds)")
    for name in rounds[0]:
        taken = [one[name] for one in rounds]
        figures = (statistics.median(taken), min(taken), max(taken))
        print(f"{name:<26}" + "".join(f"{figure:>9.0f}" for figure in figures))


if __name__ == "__main__":
    main()
