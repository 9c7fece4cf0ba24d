"""FunctionDeployment → Nomad job. Pure: no I/O, no clock, no settings lookup.

Sources: faas-provider `types/function_deployment.go`; Nomad's JSON jobs (nomad `api/jobs.go`,
`api/tasks.go`, v1.11). Durations are nanoseconds. Nomad drops keys it does not know without a
word, so a contract test reads every field back from a real server.
"""

from faas_nomad.model.nomad import Job
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.groups import group_block
from faas_nomad.translate.meta import job_meta
from faas_nomad.translate.placement import placement_of
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.regions import region_of
from faas_nomad.translate.secret_files import TaskSecrets, own_variables
from faas_nomad.translate.ui import ui_block
from faas_nomad.translate.understood import understand


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
    secrets = secrets or own_variables(job_id)
    asked = understand(fn, policy, secrets, job_id=job_id, nomad_namespace=nomad_namespace)
    placement = placement_of(fn.constraints, asked.written, policy)
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
        "Meta": job_meta(fn, created_ns, is_checked_by_consul=asked.is_checked_by_consul)
        | asked.generations,
        "TaskGroups": [group_block(asked, count)],
    }


def _region(fn: FunctionDeployment, policy: JobPolicy) -> dict[str, str]:
    name = policy.regions.name(region_of(fn, policy.regions))
    return {"Region": name} if name else {}
