"""How long from the deploy call to the first routed answer, beside Nomad's own command.

Each round deploys the same raw_exec function three ways, interleaved: through faas-nomad until
`/function/NAME` answers 200; by `nomad job run`, which returns when the deployment is healthy;
and by `nomad job run -detach` until the replica itself answers. Prints medians.

    .venv/bin/python -m bench.first_answer [--rounds 10]
"""

import argparse
import json
import os
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from bench.desk import desk
from faas_nomad.dev.agent import child_environment
from faas_nomad.tools import obtain_tool

WITHIN_S = 60.0
POLL_S = 0.002


def main() -> None:
    """Run the rounds and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=10)
    rounds = parser.parse_args().rounds
    with desk() as running, tempfile.TemporaryDirectory() as folder:
        service = httpx.Client(base_url=running.service_url)
        nomad = httpx.Client(base_url=running.nomad_url)
        until(lambda: answers(service, "/system/functions"))
        environment = child_environment(os.environ) | {"NOMAD_ADDR": running.nomad_url}
        command = [str(obtain_tool("nomad"))]
        report(measure(rounds, service, nomad, command, environment, Path(folder)))


def measure(
    rounds: int,
    service: httpx.Client,
    nomad: httpx.Client,
    command: list[str],
    environment: dict[str, str],
    folder: Path,
) -> dict[str, list[float]]:
    """Return the seconds of each way, round by round."""
    taken: dict[str, list[float]] = {"faas-nomad": [], "job run": [], "job run -detach": []}
    for number in range(rounds):
        name = f"first{number}"
        taken["faas-nomad"].append(through_service(service, name))
        file = folder / f"{name}.json"
        for way, flags in (("job run", []), ("job run -detach", ["-detach"])):
            job = same_job(nomad, f"openfaas-{name}", f"plain-{name}{len(flags)}")
            file.write_text(json.dumps({"Job": job}))
            run = [*command, "job", "run", *flags, "-json", str(file)]
            begun_s = time.monotonic()
            subprocess.run(run, env=environment, check=True, capture_output=True)
            if flags:
                until(lambda job_id=job["ID"]: replica_answers(nomad, job_id))  # type: ignore[misc]
            taken[way].append(time.monotonic() - begun_s)
            nomad.delete(f"/v1/job/{job['ID']}", params={"purge": "true"})
        service.request("DELETE", "/system/functions", json={"functionName": name})
    return taken


def through_service(service: httpx.Client, name: str) -> float:
    """Deploy through the API and return the seconds until the first answer."""
    begun_s = time.monotonic()
    deployment = {"service": name, "image": "none", "envProcess": "cat"}
    service.post("/system/functions", json=deployment).raise_for_status()
    until(lambda: answers(service, f"/function/{name}"))
    return time.monotonic() - begun_s


def same_job(nomad: httpx.Client, job_id: str, new_id: str) -> dict[str, Any]:
    """Return the function's job under another name."""
    job: dict[str, Any] = nomad.get(f"/v1/job/{job_id}").json()
    job["ID"] = job["Name"] = job["TaskGroups"][0]["Services"][0]["Name"] = new_id
    return job


def replica_answers(nomad: httpx.Client, job_id: str) -> bool:
    """Tell whether a replica of the job answers at its own port."""
    params = {"resources": "true", "filter": f'JobID == "{job_id}"'}
    for alloc in nomad.get("/v1/allocations", params=params).json():
        for port in alloc["AllocatedResources"]["Shared"]["Ports"] or []:
            address = f"http://{port['HostIP']}:{port['Value']}"
            with httpx.Client(base_url=address) as replica:
                return answers(replica, "/")
    return False


def answers(client: httpx.Client, path: str) -> bool:
    """Tell whether a GET of `path` is answered 200 now."""
    try:
        return client.get(path).status_code == 200
    except httpx.TransportError:
        return False


def until(met: Callable[[], bool]) -> None:
    """Wait until `met`. Raises: TimeoutError."""
    deadline_s = time.monotonic() + WITHIN_S
    while not met():
        if time.monotonic() > deadline_s:
            raise TimeoutError("the condition was not met in time")
        time.sleep(POLL_S)


def report(taken: dict[str, list[float]]) -> None:
    """Print medians and extremes in milliseconds."""
    print(f"{'way':<18}{'median':>9}{'least':>9}{'most':>9}   (ms, {len(taken['job run'])} rounds)")
    for way, seconds in taken.items():
        figures = (statistics.median(seconds), min(seconds), max(seconds))
        print(f"{way:<18}" + "".join(f"{figure * 1000:>9.0f}" for figure in figures))


if __name__ == "__main__":
    main()
