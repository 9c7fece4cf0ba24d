"""Deployments and the jobs made of them, in as few words as a test needs."""

from typing import Any

from faas_nomad.model.nomad import Job
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.policy import EmbeddedWatchdog, JobPolicy

CREATED_NS = 1_795_225_212_000_000_000
OURS = "com.openfaas.nomad."


def deployment(**fields: Any) -> FunctionDeployment:
    """Return a function `figlet`; `fields` are spelled as in JSON, or as the model's."""
    sent = {"service": "figlet", "image": "ghcr.io/x/figlet:1", "envProcess": "cat", **fields}
    return FunctionDeployment.model_validate(sent)


def annotated(**annotations: str) -> FunctionDeployment:
    """Return a function with our annotations; `__` in a name stands for a dot."""
    named = {OURS + name.replace("__", "."): text for name, text in annotations.items()}
    return deployment(annotations=named)


def policy(driver: str = "docker", **settings: Any) -> JobPolicy:
    """Return the default policy with another driver and other settings."""
    return JobPolicy(driver=driver, **{"watchdog": EmbeddedWatchdog(b"PK\x03\x04"), **settings})


def job_of(
    fn: FunctionDeployment | None = None, settings: JobPolicy | None = None, count: int = 1
) -> Job:
    """Return the job made of `fn`."""
    return job_from_deployment(
        fn or deployment(),
        settings or policy(),
        nomad_namespace="default",
        job_id="openfaas-figlet",
        count=count,
        created_ns=CREATED_NS,
    )


def group_of(*args: Any) -> dict[str, Any]:
    """Return the one group of the job."""
    group: dict[str, Any] = job_of(*args)["TaskGroups"][0]
    return group


def task_of(*args: Any) -> dict[str, Any]:
    """Return the one task of the job."""
    task: dict[str, Any] = group_of(*args)["Tasks"][0]
    return task
