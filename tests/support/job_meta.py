"""How the state's tests know a function by its job's meta, in the two ways that they need.

The service reads it by `wiring.jobs.meta_reader`, which also refuses what is no deployment.
"""

from collections.abc import Mapping

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.records import JobKey
from faas_nomad.translate.meta import created_ns_from_meta, deployment_from_job_meta


def read_service(_key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int] | None:
    """Return a function of which nothing matters but its name; None for a job without one."""
    if "service" not in meta:
        return None
    return FunctionDeployment(service=meta["service"], image="i"), 7


def read_deployment(_key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int]:
    """Return the deployment that our own job carries."""
    return deployment_from_job_meta(meta), created_ns_from_meta(meta)
