"""The job files of `deploy/nomad`, run with `raw_exec` in place of images, else as shipped."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from support.nomad_agent import NomadAgent
from support.nomad_binary import require_nomad
from support.waiting import wait_until

DEPLOY = Path(__file__).parents[2] / "deploy"
RUNNING_WITHIN_S = 60.0
Json = dict[str, Any]


def shipped_job(file: str, variables: Mapping[str, str | int]) -> Json:
    """Return the job of a file in `deploy/nomad` as Nomad's command line reads it."""
    given = [f"-var={name}={value}" for name, value in variables.items()]
    command = [str(require_nomad()), "job", "run", "-output", *given, file]
    done = subprocess.run(
        command, cwd=DEPLOY / "nomad", capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    job: Json = json.loads(done.stdout)["Job"]
    return job


def as_raw_exec(job: Json, commands: Mapping[str, Sequence[str]]) -> Json:
    """Return the job with each task's image replaced by a command; its arguments stay."""
    for group in job["TaskGroups"]:
        for task in group["Tasks"]:
            program, *arguments = commands[task["Name"]]
            arguments += task["Config"].get("args", [])
            task["Driver"], task["Config"] = "raw_exec", {"command": program, "args": arguments}
    return job


def run_job(agent: NomadAgent, job: Json) -> None:
    """Register the job and wait until all its tasks run."""
    with httpx.Client(base_url=agent.address, timeout=30) as nomad:
        reply = nomad.post("/v1/jobs", json={"Job": job})
        assert reply.is_success, reply.text

        def run() -> bool:
            allocs = nomad.get(f"/v1/job/{job['ID']}/allocations").json()
            running = [a for a in allocs if a["ClientStatus"] == "running"]
            states = [state for a in running for state in (a["TaskStates"] or {}).values()]
            wanted = sum(group["Count"] or 1 for group in job["TaskGroups"])
            is_up = len(running) == wanted and all(s["State"] == "running" for s in states)
            return is_up and bool(states)

        wait_until(run, f"all of {job['ID']} runs", RUNNING_WITHIN_S)
