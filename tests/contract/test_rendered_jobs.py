"""A real Nomad reads the rendered job files as the jobs that they were made of."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.test_job_fields import assert_kept, job_of, maximal, policy
from faas_nomad.commands.render import texts_of
from faas_nomad.translate.hcl.job import job_hcl
from faas_nomad.translate.policy import DRIVER_NAMES, BuiltInProxy, MeshPolicy
from faas_nomad.translate.secret_files import TaskSecrets
from faas_nomad.translate.vault_secrets import TaskAuth, vault_block
from support.deployments import deployment
from support.deployments import job_of as usual_job_of
from support.deployments import policy as usual_policy
from support.nomad_agent import NomadAgent, run_nomad_agent
from support.nomad_binary import require_nomad

pytestmark = pytest.mark.real

HOSTILE = [
    "${HOME}",
    "$${HOME}",
    "$$${HOME}",
    "%{ if true }x%{ endif }",
    "%%{ if true }",
    "${attr.kernel.name}",
    "${attr.kernel.name",
    "${meta.a-b} ${node.datacenter} ${NOMAD_ALLOC_ID}",
    '${env["HOME"]} ${"a"}',
    '"quotes" \\ back \\n \\u0024{x}',
    "<<EOT\nEOT\n",
    "lines\nand\ttabs\r\n",
    "Grüße 🎉 \u2028 \x7f \x01",
    '{{ env "HOME" }} ~} #{x} // /* */',
    "",
    " ",
]


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NomadAgent]:
    with run_nomad_agent(require_nomad(), tmp_path_factory.mktemp("nomad")) as running:
        yield running


def nomad(*words: str, address: str = "") -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": os.environ["PATH"], "NOMAD_ADDR": address}
    return subprocess.run(
        [str(require_nomad()), *words], env=environment, capture_output=True, text=True, timeout=60
    )


def parsed(text: str, folder: Path) -> Any:
    """Return the job that Nomad's own command makes of a job file."""
    file = folder / "job.nomad.hcl"
    file.write_text(text, encoding="utf-8")
    done = nomad("job", "run", "-output", str(file))
    assert done.returncode == 0, done.stderr
    formatted = nomad("fmt", "-check", str(file))
    assert formatted.returncode == 0, formatted.stdout
    return json.loads(done.stdout)["Job"]


def as_read(job: Any) -> Any:
    """Return the job as the reader of job files has it.

    Blocks of drivers and policies are lists there, and a link's address is not called as in a job.
    """
    job["UI"]["Links"] = [{"Label": a["Label"], "URL": a["Url"]} for a in job["UI"]["Links"]]
    [group] = job["TaskGroups"]
    [task] = group["Tasks"]
    for holder, key in ((group["Scaling"], "Policy"), (task, "Config")):
        body = holder[key].items()
        holder[key] = {k: [v] if isinstance(v, dict) else v for k, v in body}
    return job


@pytest.mark.parametrize("driver", DRIVER_NAMES)
@pytest.mark.parametrize("mode", ["", "host", "bridge"])
def test_every_field_is_in_the_job_file(driver: str, mode: str, tmp_path: Path) -> None:
    job = job_of(maximal(driver), policy(network_mode=mode))
    read = parsed(job_hcl(job), tmp_path)

    assert_kept(as_read(job), read, "Job")


def test_vault_s_fields_are_in_the_job_file(tmp_path: Path) -> None:
    secrets = TaskSecrets(lambda name: name, vault_block(TaskAuth("role", "policy")), secrets_mb=3)
    job = usual_job_of(deployment(secrets=["a"]))
    job["TaskGroups"][0]["Tasks"][0] |= {"Vault": secrets.vault}
    job["TaskGroups"][0]["Tasks"][0]["Resources"] |= {"SecretsMB": 3}

    assert_kept(job, parsed(job_hcl(job), tmp_path), "Job")


def test_nothing_that_a_user_wrote_is_evaluated(tmp_path: Path) -> None:
    values = {f"V{number}": text for number, text in enumerate(HOSTILE)}
    names = {text.replace("\x01", ""): "1" for text in HOSTILE}
    job = usual_job_of(deployment(envVars=values))
    task = job["TaskGroups"][0]["Tasks"][0]
    task["Env"] |= values
    task["Config"]["labels"] = [{**names, **values}]
    task["Templates"] = [{"DestPath": "local/x", "EmbeddedTmpl": text} for text in HOSTILE if text]
    job["Meta"] |= values

    read = parsed(job_hcl(job), tmp_path)

    assert_kept(job, read, "Job")


@pytest.mark.parametrize("form", ["hcl", "json"])
@pytest.mark.parametrize("driver", ["docker", "raw_exec"])
def test_nomad_finds_the_file_valid(
    agent: NomadAgent, driver: str, form: str, tmp_path: Path
) -> None:
    [(name, text)] = texts_of([usual_job_of(settings=usual_policy(driver))], form).items()
    (tmp_path / name).write_text(text, encoding="utf-8")
    words = ["-json"] if form == "json" else []

    done = nomad("job", "validate", *words, str(tmp_path / name), address=agent.address)

    assert done.returncode == 0, done.stderr + done.stdout


BUILT_IN = BuiltInProxy("raw_exec", "consul", "unix:///run/consul.sock", has_token=True)


@pytest.mark.parametrize("sidecar", [None, BUILT_IN], ids=["envoy", "built-in"])
def test_a_function_in_the_mesh_is_a_job_that_nomad_finds_valid(
    agent: NomadAgent, sidecar: BuiltInProxy | None, tmp_path: Path
) -> None:
    mesh = MeshPolicy("on", sidecar)
    job = usual_job_of(settings=usual_policy(service_provider="consul", mesh=mesh))
    read = parsed(job_hcl(job), tmp_path)

    assert_kept(as_read(job), read, "Job")
    done = nomad("job", "validate", str(tmp_path / "job.nomad.hcl"), address=agent.address)
    assert done.returncode == 0, done.stderr + done.stdout
