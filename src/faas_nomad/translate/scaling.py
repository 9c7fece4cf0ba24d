"""The labels `com.openfaas.scale.*`. Pure.

Source: the OpenFaaS autoscaling pages and the gateway's reading of these labels.
"""

import re

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import under
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.values import S

PREFIX = "com.openfaas.scale."
MAX_COUNT = 50_000
"""Nomad's `job_max_count` unless its operator raised it."""
DEFAULT_MIN = 1

_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


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


def check_scale_labels(fn: FunctionDeployment) -> None:
    """Refuse scale labels that cannot be understood; those of unknown name are left alone.

    Raises:
        InvalidDeploymentError: Names the label.
    """
    labels = under(PREFIX, "labels", fn.labels)
    labels.whole("min", DEFAULT_MIN, most=MAX_COUNT)
    labels.whole("max", MAX_COUNT, least=1, most=MAX_COUNT)
    labels.whole("factor", 0, most=100)
    labels.flag("zero", False)
    labels.duration_ns("zero-duration", 0, least_ns=S)
    labels.duration_ns("down.window", 0)
    for name in ("target", "target-proportion"):
        text = labels.text(name, "1")
        if not _NUMBER.fullmatch(text) or float(text) == 0:
            raise labels.refuse(name, "a number above 0")
    if not _TYPE.fullmatch(labels.text("type", "rps")):
        raise labels.refuse("type", "a word such as rps, capacity, cpu or queue")


def _min(fn: FunctionDeployment) -> int:
    return under(PREFIX, "labels", fn.labels).whole("min", DEFAULT_MIN, most=MAX_COUNT)
