"""How many replicas a function may have, by its labels, and the job's scaling block. Pure.

How it is scaled by itself is in `scale_rules.py`.
"""

import json
from typing import Any

from pydantic_core import from_json

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import merged_annotations
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.written import under

PREFIX = "com.openfaas.scale."
MAX_COUNT = 50_000
"""Nomad's `job_max_count` unless its operator raised it."""
DEFAULT_MIN = 1
POLICY_ANNOTATION = "scaling.policy"
_TARGET = "target"
"""By it the Autoscaler would scale what it says: another's job, or a cloud's group of machines.

Source: nomad-autoscaler `policy/nomad/parser.go parsePolicy` (v0.5).
"""


def scaling_block(fn: FunctionDeployment, policy: JobPolicy, count: int) -> dict[str, Any]:
    """Return the group's `Scaling`: bounds that Nomad enforces even while it is disabled.

    While faas-nomad scales they must admit any count asked, so 0 too. Where Nomad's Autoscaler is
    to scale they are the function's own, widened to a present count outside.

    Raises:
        InvalidDeploymentError: A label or the annotation `…scaling.policy` cannot be understood.
    """
    least, most = scale_bounds(fn, policy)
    written = _written_policy(fn)
    block = {"Enabled": False, "Min": 0, "Max": max(most, count), "Type": "horizontal"}
    if policy.autoscaler == "nomad":
        to_zero = under(PREFIX, "labels", fn.labels).flag("zero", False)
        block |= {"Enabled": True, "Min": min(0 if to_zero else least, count)}
    return block | {"Policy": written}


def initial_count(fn: FunctionDeployment) -> int:
    """Return the replicas of a first deployment: the label `…scale.min`, at least 1.

    A function whose minimum is 0 starts with one replica, as on other OpenFaaS providers.
    """
    return max(1, _min(fn))


def scale_bounds(fn: FunctionDeployment, policy: JobPolicy) -> tuple[int, int]:
    """Return the fewest and the most replicas; without a maximum the policy's, or the minimum.

    Raises:
        InvalidDeploymentError: A label is no number, or the minimum exceeds the maximum.
    """
    labels = under(PREFIX, "labels", fn.labels)
    least = _min(fn)
    if not labels.has("max"):
        return least, max(least, policy.max_count)
    most = labels.whole("max", policy.max_count, least=1, most=MAX_COUNT)
    if least > most:
        raise labels.refuse("min", f"at most {most}, the label {PREFIX}max")
    return least, most


def check_replicas(replicas: int, fn: FunctionDeployment, policy: JobPolicy) -> None:
    """Refuse a wanted count above the function's maximum; one below its minimum is a person's will.

    Raises:
        InvalidDeploymentError: Names `replicas` and the maximum.
    """
    _, most = scale_bounds(fn, policy)
    if replicas > most:
        expected = f"at most {most}, the label {PREFIX}max or the setting job_max_count"
        raise InvalidDeploymentError("replicas", str(replicas), expected)


def check_bounds(fn: FunctionDeployment) -> None:
    """Refuse bounds that cannot be understood.

    Raises:
        InvalidDeploymentError: Names the label.
    """
    labels = under(PREFIX, "labels", fn.labels)
    labels.whole("min", DEFAULT_MIN, most=MAX_COUNT)
    labels.whole("max", MAX_COUNT, least=1, most=MAX_COUNT)


def _min(fn: FunctionDeployment) -> int:
    return under(PREFIX, "labels", fn.labels).whole("min", DEFAULT_MIN, most=MAX_COUNT)


def _written_policy(fn: FunctionDeployment) -> dict[str, Any]:
    written = merged_annotations(fn)
    try:
        found = from_json(written.text(POLICY_ANNOTATION, "{}"))
        json.dumps(found, allow_nan=False)  # NaN, and 1e999, which is infinity
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise written.refuse(POLICY_ANNOTATION, "a JSON object")
    if _TARGET in found:
        expected = f"a policy without {_TARGET}: what is scaled is the function"
        raise written.refuse(POLICY_ANNOTATION, expected)
    return found
