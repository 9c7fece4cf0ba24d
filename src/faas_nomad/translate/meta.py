"""A job's Meta: the deployment as it was sent, when it was made, and that the job is ours. Pure.

Meta shows in the task's environment as `NOMAD_META_…`, twice, and a change of it replaces every
instance. Nomad has no creation time of a job: `SubmitTime` moves with every registration.
"""

import json
from collections.abc import Mapping

from pydantic import ValidationError

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import without_status
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.escapes import DOLLAR_META, json_text

OWNED = "openfaas"
SPEC = "openfaas.spec"
CREATED = "openfaas.created"
CHECKED_BY = "openfaas.checked-by"
"""`consul` where Consul runs the job's health check, and so has a verdict on every instance."""

MAX_SPEC_BYTES = 48 * 1024
"""Linux caps one environment string at 128 KiB; as JSON escapes, text may double in size."""


def job_meta(
    fn: FunctionDeployment, created_ns: int, *, is_checked_by_consul: bool = False
) -> dict[str, str]:
    """Return the Meta of the job that runs `fn`.

    Raises:
        InvalidDeploymentError: The deployment is larger than 48 KiB.
    """
    return {
        OWNED: "1",
        SPEC: _spec(fn),
        CREATED: str(created_ns),
        DOLLAR_META: "$",
        **({CHECKED_BY: "consul"} if is_checked_by_consul else {}),
    }


def is_checked_by_consul(meta: Mapping[str, str] | None) -> bool:
    """Return whether Consul has a verdict on the instances of a job with this Meta."""
    return bool(meta) and meta is not None and meta.get(CHECKED_BY) == "consul"


def is_function_meta(meta: Mapping[str, str] | None) -> bool:
    """Return whether a job with this Meta is a function's."""
    return bool(meta) and meta is not None and meta.get(OWNED) == "1"


def deployment_from_job_meta(meta: Mapping[str, str]) -> FunctionDeployment:
    """Return the deployment as it was sent.

    Raises:
        InvalidDeploymentError: There is none in `meta`, or it cannot be read.
    """
    try:
        return FunctionDeployment.model_validate_json(meta.get(SPEC, ""))
    except ValidationError:
        raise InvalidDeploymentError(f"Meta[{SPEC}]", None, "a deployment in JSON") from None


def readable_deployment(meta: Mapping[str, str] | None) -> FunctionDeployment | None:
    """Return the deployment of a job that another program may have written; None if it has none."""
    if not meta or not is_function_meta(meta):
        return None
    try:
        return deployment_from_job_meta(meta)
    except InvalidDeploymentError:
        return None


def created_ns_from_meta(meta: Mapping[str, str]) -> int:
    """Return when the function was first deployed, in Unix nanoseconds; 0 if unknown."""
    text = meta.get(CREATED, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0


def _spec(fn: FunctionDeployment) -> str:
    sent = fn.model_copy(
        update={
            "labels": without_status(fn.labels),
            "annotations": without_status(fn.annotations),
        }
    )
    fields = sent.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    spec = json_text(json.dumps(fields, ensure_ascii=False, separators=(",", ":")))
    size = len(spec.encode())
    if size > MAX_SPEC_BYTES:
        raise InvalidDeploymentError(
            "deployment", f"{size} bytes", f"at most {MAX_SPEC_BYTES} bytes of JSON"
        )
    return spec
