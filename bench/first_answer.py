"""From the deploy call to the first routed answer, against `nomad job run` of the same job.

Usage: python bench/first_answer.py [--rounds 10] [--nomad PATH]

Each round deploys a function through the service and asks until it answers, removes it, then runs
the very job that the service had registered with Nomad's own command line and waits for its end.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import nomad

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

from support.nomad_agent import find_nomad, run_nomad_agent
from support.service import run_service
from support.waiting import wait_until

ASK_EVERY_S = 0.005
GOAL_EXTRA_MS = 300.0
ANSWERED_WITHIN_S = 30.0


def main() -> int:
    """Run the rounds and print the medians; 1 when the goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--nomad", type=Path, default=find_nomad())
    options = parser.parse_args()
    if options.nomad is None:
        parser.error("no Nomad binary: set NOMAD_BIN, put nomad on PATH, or give --nomad")
    with (
        tempfile.TemporaryDirectory(prefix="fn-bench-") as folder,
        run_nomad_agent(options.nomad, Path(folder) / "nomad") as agent,
        run_service(Path(folder), agent.address, {"job_driver": "raw_exec"}) as service,
        httpx.Client(base_url=service.gateway_url, timeout=30) as client,
    ):
        service.wait_for_nomad()
        rounds = Rounds(client, options.nomad, agent.address, Path(folder))
        ours_ms, theirs_ms = [], []
        for number in range(options.rounds):
            ours_ms.append(rounds.deploy_and_ask(f"first-{number}"))
            theirs_ms.append(rounds.job_run(f"first-{number}"))
    return compare(ours_ms, theirs_ms)


class Rounds:
    """One service and one Nomad; functions come and go."""

    def __init__(self, client: httpx.Client, binary: Path, address: str, folder: Path) -> None:
        self._client = client
        self._binary = binary
        self._address = address
        self._folder = folder
        where = urlsplit(address)
        self._nomad = nomad.Nomad(host=where.hostname, port=where.port)

    def deploy_and_ask(self, name: str) -> float:
        """Return the milliseconds from the deploy call to the first 200."""
        body = {"service": name, "image": "functions/cat:1", "envProcess": "cat"}
        began_s = time.perf_counter()
        assert self._client.post("/system/functions", json=body).status_code == 202
        while (answer := self._client.post(f"/function/{name}", content=b"hi")).status_code != 200:
            assert time.perf_counter() - began_s < ANSWERED_WITHIN_S, answer.text
            time.sleep(ASK_EVERY_S)
        assert answer.content == b"hi"
        return (time.perf_counter() - began_s) * 1000

    def job_run(self, name: str) -> float:
        """Return the milliseconds that Nomad's command line takes for the same job."""
        [job_id] = [job["ID"] for job in self._nomad.jobs.get_jobs() if job["ID"].endswith(name)]
        job: dict[str, Any] = self._nomad.job.get_job(job_id)
        gone = self._client.request("DELETE", "/system/functions", json={"functionName": name})
        assert gone.status_code == 202
        wait_until(lambda: not self._nomad.allocations.get_allocations(), "it is gone", 30)
        file = self._folder / f"{name}.json"
        file.write_text(json.dumps({"Job": job}))
        command = [str(self._binary), "job", "run", "-json", str(file)]
        began_s = time.perf_counter()
        environment = {**os.environ, "NOMAD_ADDR": self._address}
        subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL, timeout=120)
        took_ms = (time.perf_counter() - began_s) * 1000
        self._nomad.job.deregister_job(job_id, purge=True)
        return took_ms


def compare(ours_ms: list[float], theirs_ms: list[float]) -> int:
    """Print both medians and what they were made of."""
    ours, theirs = statistics.median(ours_ms), statistics.median(theirs_ms)
    print("deploy to first answer:", " ".join(f"{ms:.0f}" for ms in ours_ms), "ms")
    print("nomad job run:         ", " ".join(f"{ms:.0f}" for ms in theirs_ms), "ms")
    print(f"medians: {ours:.0f} ms and {theirs:.0f} ms; goal: at most {GOAL_EXTRA_MS:.0f} ms more")
    return int(ours > theirs + GOAL_EXTRA_MS)


if __name__ == "__main__":
    sys.exit(main())
