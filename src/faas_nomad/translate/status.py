"""What the provider knows of a function → the JSON of its status. Pure.

Source: faas-provider `types/function_status.go` and the wire contract: `labels` and
`annotations` are always there, everything else only when the user sent it or it is not zero.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from faas_nomad.model.openfaas import FunctionDeployment, Resources
from faas_nomad.translate.annotations import STATUS_PREFIX
from faas_nomad.translate.troubles import Trouble

NS_PER_S = 1_000_000_000


@dataclass(frozen=True)
class Replicas:
    """Counts of one function: wanted, able to serve, and able to serve on the newest version."""

    desired: int
    available: int
    updated: int


def render_status(
    fn: FunctionDeployment,
    namespace: str,
    replicas: Replicas,
    created_ns: int,
    trouble: Trouble | None = None,
) -> bytes:
    """Return the function's status as JSON bytes; with `trouble` annotations that tell it.

    `updatedReplicas` is ours, after Kubernetes' field: a rolling update is complete when it
    equals `replicas` and `availableReplicas`.
    """
    given: dict[str, Any] = {
        "image": fn.image,
        "namespace": namespace,
        "envProcess": fn.env_process,
        "envVars": fn.env_vars,
        "constraints": fn.constraints,
        "secrets": fn.secrets,
        "limits": _resources(fn.limits),
        "requests": _resources(fn.requests),
        "readOnlyRootFilesystem": fn.read_only_root_filesystem,
        "replicas": replicas.desired,
        "availableReplicas": replicas.available,
        "updatedReplicas": replicas.updated,
    }
    status = {
        "name": fn.service,
        **{key: value for key, value in given.items() if value},
        "labels": fn.labels,
        "annotations": {**fn.annotations, **trouble_annotations(trouble)},
        "createdAt": rfc3339(created_ns),
    }
    return json.dumps(status, ensure_ascii=False, separators=(",", ":")).encode()


def trouble_annotations(trouble: Trouble | None) -> dict[str, str]:
    """Return what the status says of a function that is not ready, beside what the user sent."""
    if trouble is None:
        return {}
    return {f"{STATUS_PREFIX}reason": trouble.kind, f"{STATUS_PREFIX}message": trouble.text}


def rfc3339(unix_ns: int) -> str:
    """Return the time as Go writes it, with nanoseconds, in UTC."""
    seconds, rest_ns = divmod(unix_ns, NS_PER_S)
    moment = datetime.fromtimestamp(seconds, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{rest_ns:09d}Z"


def _resources(given: Resources | None) -> dict[str, str]:
    if given is None:
        return {}
    return given.model_dump(by_alias=True, exclude_unset=True)
