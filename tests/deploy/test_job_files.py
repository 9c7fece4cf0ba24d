"""Every job file is valid for a real Nomad, and both forms of faas-nomad's own say the same."""

import os
import re
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest

from support.nomad_agent import NomadAgent, run_nomad_agent
from support.nomad_binary import require_nomad
from support.shipped_jobs import DEPLOY, shipped_job

pytestmark = pytest.mark.real
FILES = sorted((DEPLOY / "nomad").glob("*.nomad.hcl"))
NEEDED = {
    "faas-nomad": {"image": "registry.example/faas-nomad:1"},
    "gateway": {"image": "registry.example/openfaas/gateway:1"},
}


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NomadAgent]:
    with run_nomad_agent(require_nomad(), tmp_path_factory.mktemp("nomad")) as running:
        yield running


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_job_file_is_valid(agent: NomadAgent, file: Any, command: str) -> None:
    variables = NEEDED.get(file.name.removesuffix(".nomad.hcl"), {})
    done = subprocess.run(
        [str(require_nomad()), "job", command]
        + [f"-var={name}={value}" for name, value in variables.items()]
        + [file.name],
        cwd=DEPLOY / "nomad",
        env={"PATH": os.environ["PATH"], "NOMAD_ADDR": agent.address},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == (0 if command == "validate" else 1), done.stdout + done.stderr
    assert "Warning" not in done.stdout


@pytest.mark.parametrize("url", ["http://10.0.0.1:8081", "http://10.0.0.1:8081/"])
def test_the_gateway_is_told_its_provider_with_one_slash_at_the_end(url: str) -> None:
    """Without it what it asks about functions and their scaling goes to no path that there is."""
    job = shipped_job("gateway.nomad.hcl", {**NEEDED["gateway"], "provider_url": url})

    [task] = job["TaskGroups"][0]["Tasks"]
    assert task["Env"]["functions_provider_url"] == "http://10.0.0.1:8081/"


def test_every_variable_says_what_it_is_for() -> None:
    for file in FILES:
        text = file.read_text()
        described = re.findall(r"^  description +=", text, re.MULTILINE)
        assert text.count('\nvariable "') == len(described), file.name


def test_with_and_without_an_image_it_is_the_same_job() -> None:
    image = shipped_job("faas-nomad.nomad.hcl", NEEDED["faas-nomad"])
    program = shipped_job("faas-nomad-exec.nomad.hcl", {})
    for job in (image, program):
        [task] = job["TaskGroups"][0]["Tasks"]
        for key in ("Driver", "User", "Config"):
            del task[key]

    assert image == program
