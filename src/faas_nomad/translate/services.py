"""The registration of a function's instances, with Nomad itself or with Consul. Pure.

Consul without Enterprise has no namespaces: there, a function of another namespace than the default
one has the namespace in its service's name, and two dashes in a function's name are refused, so
that no function can have the name of another's service.
"""

from dataclasses import replace
from typing import Any

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.mesh import mesh_parts
from faas_nomad.translate.names import CLIENT_DEFAULT_NAMESPACE
from faas_nomad.translate.network import PORT_LABEL
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.service_tags import called_as, service_meta, service_tags
from faas_nomad.translate.validation import MAX_SERVICE_NAME
from faas_nomad.translate.written import Written

_BETWEEN = "--"


def service_name(
    fn: FunctionDeployment, policy: JobPolicy, *, job_id: str, nomad_namespace: str
) -> str:
    """Return the name that a function's instances are registered under.

    Raises:
        InvalidDeploymentError: Consul could not tell the function from another.
    """
    if policy.service_provider != "consul":
        return job_id
    if _BETWEEN in fn.service:
        raise InvalidDeploymentError("service", fn.service, "a name without -- for Consul")
    if nomad_namespace == policy.nomad_namespace:
        return job_id
    name = f"{job_id}{_BETWEEN}{nomad_namespace.lower()}"
    if len(name) > MAX_SERVICE_NAME or nomad_namespace != nomad_namespace.lower():
        raise InvalidDeploymentError(
            "namespace",
            nomad_namespace,
            f"lower-case and short enough for Consul: {name} has {len(name)} characters, "
            f"{MAX_SERVICE_NAME} are allowed",
        )
    return name


def service_block(
    fn: FunctionDeployment,
    policy: JobPolicy,
    written: Written,
    *,
    name: str,
    nomad_namespace: str,
    checks: list[dict[str, Any]],
    in_mesh: bool = False,
) -> dict[str, Any]:
    """Return the group's one service."""
    own = nomad_namespace == policy.nomad_namespace
    namespaces = (
        (policy.function_namespace, CLIENT_DEFAULT_NAMESPACE) if own else (nomad_namespace,)
    )
    called = called_as(fn.service, namespaces, is_default=own)
    # Balancers are no members of the mesh: they would be sent where they cannot get in.
    tags = service_tags(called, written, replace(policy, balancer_tags=()) if in_mesh else policy)
    meta = service_meta(fn, called, policy) if policy.service_provider == "consul" else {}
    return {
        "Name": name,
        "Provider": policy.service_provider,
        **({"Meta": meta} if meta else {}),
        **({} if in_mesh else {"PortLabel": PORT_LABEL}),
        "Tags": tags,
        "CanaryTags": [*tags, "canary"],
        "Checks": checks,
        **(mesh_parts(name, policy, checks) if in_mesh else {}),
    }
