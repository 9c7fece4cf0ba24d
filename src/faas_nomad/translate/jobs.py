"""FunctionDeployment → Nomad job. Pure: no I/O, no clock, no settings lookup.

Sources: faas-provider `types/function_deployment.go`; Nomad's JSON jobs (nomad `api/jobs.go`,
`api/tasks.go`, v1.11). Durations are nanoseconds. Nomad drops keys it does not know without a
word, so a contract test reads every field back from a real server.
"""

from dataclasses import dataclass
from typing import Any

from faas_nomad.model.nomad import Job
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import Written, nomad_annotations
from faas_nomad.translate.drivers import Driver, TaskRequest, driver_of
from faas_nomad.translate.environment import task_env
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.health import checks_of, readiness_of
from faas_nomad.translate.mesh import is_in_mesh
from faas_nomad.translate.meta import created_ns_from_meta, deployment_from_job_meta, job_meta
from faas_nomad.translate.network import network_block, network_mode
from faas_nomad.translate.placement import placement_of
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.pull_secrets import pull_secret_of
from faas_nomad.translate.regions import region_of
from faas_nomad.translate.registry_logins import TaskLogin
from faas_nomad.translate.resources import resources_of
from faas_nomad.translate.restarts import disconnect_block, reschedule_block, restart_block
from faas_nomad.translate.routing import sticky_of, upstream_tls_of
from faas_nomad.translate.scaling import (
    check_scale_labels,
    initial_count,
    scale_bounds,
    scaling_block,
)
from faas_nomad.translate.secret_changes import SecretChange, generations_meta, secret_change_of
from faas_nomad.translate.secret_files import (
    TaskSecrets,
    own_variables,
    secret_templates,
    secrets_env,
)
from faas_nomad.translate.services import service_block, service_name
from faas_nomad.translate.timeouts import kill_timeout_ns, timeout_of
from faas_nomad.translate.ui import ui_block
from faas_nomad.translate.updates import migrate_block, update_block
from faas_nomad.translate.validation import check_deployment
from faas_nomad.translate.values import seconds_ns

__all__ = [
    "GROUP",
    "TASK",
    "created_ns_from_meta",
    "deployment_from_job_meta",
    "initial_count",
    "job_from_deployment",
    "readiness_of",
    "scale_bounds",
    "timeout_of",
]

GROUP = "fn"
TASK = "fn"
"""Every job has one group and one task, named alike: paths to logs and variables are computable."""

KILL_SIGNAL = "SIGTERM"
"""of-watchdog drains on this signal only; most of Nomad's drivers would send SIGINT."""


@dataclass(frozen=True)
class _Made:
    """What several blocks of one job are made of."""

    fn: FunctionDeployment
    policy: JobPolicy
    written: Written
    driver: Driver
    mode: str
    in_mesh: bool
    secrets: TaskSecrets
    service: dict[str, Any]
    change: SecretChange
    login: TaskLogin | None


def job_from_deployment(
    fn: FunctionDeployment,
    policy: JobPolicy,
    *,
    nomad_namespace: str,
    job_id: str,
    count: int,
    created_ns: int,
    secrets: TaskSecrets | None = None,
) -> Job:
    """Return the whole job to register for `fn`; the same input gives the same job.

    Args:
        job_id: The job's ID and its name.
        count: The replicas wanted now, 0 for none.
        created_ns: When the function was first deployed, in Unix nanoseconds.
        secrets: How the task reads its secrets; None: each from the task's own Nomad variable.

    Raises:
        InvalidDeploymentError: Something in `fn` cannot be understood; names the field.
    """
    made = _checked(fn, policy, secrets or own_variables(job_id), job_id, nomad_namespace)
    placement = placement_of(fn.constraints, made.written, policy)
    return {
        "ID": job_id,
        "Name": job_id,
        "Namespace": nomad_namespace,
        **_region(fn, policy),
        "Type": "service",
        "Priority": policy.priority,
        "Datacenters": placement.datacenters,
        "NodePool": placement.node_pool,
        "Constraints": placement.constraints,
        "Affinities": placement.affinities,
        "Spreads": placement.spreads,
        "UI": ui_block(fn, policy),
        "Meta": job_meta(fn, created_ns, is_checked_by_consul=_is_checked_by_consul(made))
        | _generations(made),
        "TaskGroups": [_group(made, count)],
    }


def _region(fn: FunctionDeployment, policy: JobPolicy) -> dict[str, str]:
    name = policy.regions.name(region_of(fn, policy.regions))
    return {"Region": name} if name else {}


def _is_checked_by_consul(made: _Made) -> bool:
    return made.policy.service_provider == "consul" and bool(made.service["Checks"])


def _checked(
    fn: FunctionDeployment,
    policy: JobPolicy,
    secrets: TaskSecrets,
    job_id: str,
    nomad_namespace: str,
) -> _Made:
    """Refuse what cannot be understood, also where it matters only after the registration."""
    check_deployment(fn, policy.job_name_prefix)
    check_scale_labels(fn)
    sticky_of(fn)
    upstream_tls_of(fn)
    timeout_of(fn)
    readiness_of(fn)
    written = nomad_annotations(fn)
    driver = driver_of(written, policy)
    if fn.read_only_root_filesystem and not driver.has_read_only_root:
        raise InvalidDeploymentError(
            "readOnlyRootFilesystem", "true", f"possible with the driver {driver.name}"
        )
    in_mesh = is_in_mesh(written, policy)
    mode = network_mode(driver, written, policy, in_mesh=in_mesh)
    service = service_block(
        fn,
        policy,
        written,
        name=service_name(fn, policy, job_id=job_id, nomad_namespace=nomad_namespace),
        nomad_namespace=nomad_namespace,
        checks=checks_of(fn, policy, written),
        in_mesh=in_mesh,
    )
    change = secret_change_of(written)
    login = secrets.login if pull_secret_of(fn, written, policy) else None
    return _Made(fn, policy, written, driver, mode, in_mesh, secrets, service, change, login)


def _generations(made: _Made) -> dict[str, str]:
    return generations_meta(made.secrets.generations) if made.change.restarts else {}


def _group(made: _Made, count: int) -> dict[str, Any]:
    fn, policy, written = made.fn, made.policy, made.written
    kill_ns = kill_timeout_ns(fn, policy, written)
    has_check = bool(made.service["Checks"])
    update = update_block(written, policy.update, has_check=has_check, kill_timeout_ns=kill_ns)
    return {
        "Name": GROUP,
        "Count": count,
        "Scaling": scaling_block(fn, policy, count),
        "Networks": [network_block(made.mode, made.driver, written, policy, in_mesh=made.in_mesh)],
        "Services": [made.service],
        "Update": update,
        "Migrate": migrate_block(update),
        "RestartPolicy": restart_block(written, policy),
        "ReschedulePolicy": reschedule_block(written, policy),
        **disconnect_block(policy),
        "EphemeralDisk": {"SizeMB": _disk_mb(made)},
        "ShutdownDelay": written.duration_ns("shutdown_delay", seconds_ns(policy.shutdown_delay_s)),
        "Tasks": [_task(made, kill_ns)],
    }


def _log_config(made: _Made) -> dict[str, int]:
    written, policy = made.written, made.policy
    return {
        "MaxFiles": written.whole("logs.max_files", policy.log_max_files, least=1, most=100),
        "MaxFileSizeMB": written.whole(
            "logs.max_file_size", policy.log_max_file_size_mb, least=1, most=10_000
        ),
    }


def _disk_mb(made: _Made) -> int:
    """Return the disk to ask for: more than the logs may take, or Nomad refuses the job."""
    logs = _log_config(made)
    needed_mb = logs["MaxFiles"] * logs["MaxFileSizeMB"] + 1
    default_mb = max(made.policy.ephemeral_disk_mb, needed_mb)
    return made.written.whole("ephemeral_disk.size", default_mb, least=needed_mb)


def _vault(made: _Made) -> dict[str, Any]:
    """Return the block by which the node reads Vault for the task, where it has to."""
    block = made.secrets.vault if made.fn.secrets else made.login and made.login.vault
    return {"Vault": block} if block else {}


def _task(made: _Made, kill_ns: int) -> dict[str, Any]:
    fn, policy, driver = made.fn, made.policy, made.driver
    request = TaskRequest(
        fn,
        policy,
        made.written,
        made.mode,
        in_mesh=made.in_mesh,
        has_login=made.login is not None,
    )
    parts = driver.parts(request)
    return {
        "Name": TASK,
        "Driver": driver.name,
        **({"User": parts.user} if parts.user else {}),
        "Config": parts.config,
        "Env": task_env(
            fn, policy, parts.env | secrets_env(fn.secrets, driver.secrets), in_mesh=made.in_mesh
        ),
        **_vault(made),
        **({"Secrets": [made.login.block]} if made.login else {}),
        "Artifacts": parts.artifacts,
        "Templates": [
            *parts.templates,
            *secret_templates(fn.secrets, driver.secrets, made.secrets, made.change),
        ],
        "Resources": {
            **resources_of(fn, policy, made.written, has_quota=driver.has_cpu_quota),
            **({"SecretsMB": made.secrets.secrets_mb} if made.secrets.secrets_mb else {}),
        },
        "LogConfig": _log_config(made),
        "KillSignal": KILL_SIGNAL,
        "KillTimeout": kill_ns,
    }
