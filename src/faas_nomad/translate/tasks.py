"""A function's task: the one process, or container, of each of its replicas. Pure."""

from typing import Any

from faas_nomad.translate.drivers import TaskParts, TaskRequest
from faas_nomad.translate.environment import task_env
from faas_nomad.translate.log_files import log_config
from faas_nomad.translate.resources import resources_of
from faas_nomad.translate.secret_files import secret_templates, secrets_env
from faas_nomad.translate.understood import Understood

TASK = "fn"
"""Every job has one group and one task, named alike: paths to logs and variables are computable."""

KILL_SIGNAL = "SIGTERM"
"""of-watchdog drains on this signal only; most of Nomad's drivers would send SIGINT."""


def task_block(asked: Understood, kill_timeout_ns: int) -> dict[str, Any]:
    """Return the task.

    Raises:
        InvalidDeploymentError: Something that only the driver or the node's resources need cannot
            be understood; names the field.
    """
    parts = asked.driver.parts(_request(asked))
    return {
        "Name": TASK,
        "Driver": asked.driver.name,
        **({"User": parts.user} if parts.user else {}),
        "Config": parts.config,
        "Env": _env(asked, parts),
        **_vault(asked),
        **({"Secrets": [asked.login.block]} if asked.login else {}),
        "Artifacts": parts.artifacts,
        "Templates": [*parts.templates, *_secret_templates(asked)],
        "Resources": _resources(asked),
        "LogConfig": log_config(asked.written, asked.policy),
        "KillSignal": KILL_SIGNAL,
        "KillTimeout": kill_timeout_ns,
    }


def _request(asked: Understood) -> TaskRequest:
    return TaskRequest(
        asked.fn,
        asked.policy,
        asked.written,
        asked.network_mode,
        in_mesh=asked.in_mesh,
        has_login=asked.login is not None,
    )


def _env(asked: Understood, parts: TaskParts) -> dict[str, str]:
    own = parts.env | secrets_env(asked.fn.secrets, asked.driver.secrets)
    return task_env(asked.fn, asked.policy, own, in_mesh=asked.in_mesh)


def _vault(asked: Understood) -> dict[str, Any]:
    """Return the block by which the node reads Vault for the task, where it has to."""
    block = asked.secrets.vault if asked.fn.secrets else asked.login and asked.login.vault
    return {"Vault": block} if block else {}


def _secret_templates(asked: Understood) -> list[dict[str, Any]]:
    return secret_templates(asked.fn.secrets, asked.driver.secrets, asked.secrets, asked.change)


def _resources(asked: Understood) -> dict[str, Any]:
    has_quota, secrets_mb = asked.driver.has_cpu_quota, asked.secrets.secrets_mb
    return {
        **resources_of(asked.fn, asked.policy, asked.written, has_quota=has_quota),
        **({"SecretsMB": secrets_mb} if secrets_mb else {}),
    }
