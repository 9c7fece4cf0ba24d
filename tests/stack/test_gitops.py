"""Functions kept in a repository: rendered, planned, run by Nomad's own command, then served."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from support.functions import Functions
from support.nomad_binary import require_nomad
from support.waiting import wait_until
from support.world import WHATEVER_DRIVER

pytestmark = WHATEVER_DRIVER
FaasNomad = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def faas_nomad(functions: Functions, tmp_path: Path) -> FaasNomad:
    """Run the command with the service's own settings."""
    world = functions.world
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "NOMAD_ADDR": world.nomad_url,
        **world.settings("stack-"),
    }

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "faas_nomad", *words]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
        )

    return run


def write_stack(folder: Path, *bodies: dict[str, Any]) -> None:
    """Write a stack file of deployments as a client sends them."""
    keys = {"image": "image", "envProcess": "fprocess", "envVars": "environment"}
    more = ("labels", "annotations", "secrets", "constraints")
    functions = {
        body["service"]: {keys.get(key, key): body[key] for key in (*keys, *more) if key in body}
        for body in bodies
    }
    stack = {"version": 1.0, "provider": {"name": "openfaas"}, "functions": functions}
    (folder / "stack.yaml").write_text(yaml.safe_dump(stack))


def run_job(functions: Functions, file: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "NOMAD_ADDR": functions.world.nomad_url}
    command = [str(require_nomad()), "job", "run", "-detach", str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_a_rendered_function_is_run_by_nomad_and_served(
    functions: Functions, faas_nomad: FaasNomad, tmp_path: Path
) -> None:
    sent = functions.world.deployment("of a file", envVars={"TEXT": "${HOME} %{x} {{ y }}"})
    name = sent["service"]
    escaped = {**sent, "envVars": {**sent["envVars"], "TEXT": "$${HOME} %{x} {{ y }}"}}
    write_stack(tmp_path, escaped)

    assert faas_nomad("plan").returncode == 1
    rendered = faas_nomad("render", "--out", "jobs")
    assert (rendered.returncode, rendered.stderr) == (0, "")
    run_job(functions, tmp_path / "jobs" / f"stack-{name}.nomad.hcl")
    functions._deployed.append(name)
    wait_until(lambda: functions.sdk.get(name).status == 200, f"{name} is known to the service", 30)
    functions.wait_available(name, 1)

    assert functions.echoed(name)["version"] == "of a file"
    assert functions.status(name)["envVars"]["TEXT"] == "${HOME} %{x} {{ y }}"
    planned = faas_nomad("plan")
    assert (planned.returncode, planned.stdout) == (0, f"{name}: no change\n")


def test_a_plan_shows_nomad_s_own_difference(
    functions: Functions, faas_nomad: FaasNomad, tmp_path: Path
) -> None:
    sent = functions.world.deployment("1")
    name = functions.deploy(sent)
    functions.scale(name, 2)
    functions.wait_available(name, 2)
    write_stack(tmp_path, {**sent, "envVars": {**sent["envVars"], "VERSION": "2"}})

    planned = faas_nomad("plan")

    assert planned.returncode == 1, planned.stderr
    assert planned.stdout.startswith(f'{name}: changes\n  +/- Job: "stack-{name}"')
    assert '+/- Task: "fn" (forces create/destroy update)' in planned.stdout
    assert '+/- Env[VERSION]: "1" => "2"' in planned.stdout
    assert "Count" not in planned.stdout
    assert functions.status(name)["envVars"]["VERSION"] == "1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"labels": {"com.openfaas.scale.min": "x"}}, "com.openfaas.scale.min"),
        ({"secrets": ["never-made"]}, 'secrets: "never-made" is not a secret that exists'),
        ({"annotations": {"com.openfaas.nomad.drivr": "exec"}}, "nomad.driver?"),
    ],
)
def test_errors_are_those_of_a_deploy(
    functions: Functions,
    faas_nomad: FaasNomad,
    tmp_path: Path,
    change: dict[str, Any],
    said: str,
) -> None:
    sent = {**functions.world.deployment("1"), **change}
    write_stack(tmp_path, sent)

    planned = faas_nomad("plan")
    refusal = functions.sdk.deploy(sent)

    assert (planned.returncode, planned.stdout) == (2, "")
    assert said in planned.stderr
    assert (refusal.status, f"{sent['service']}: {refusal.body}") == (400, planned.stderr)
