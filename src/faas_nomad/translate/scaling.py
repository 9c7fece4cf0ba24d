"""The labels `com.openfaas.scale.*`. Pure.

Source: the OpenFaaS autoscaling pages and the gateway's reading of these labels.
"""

import json
import re
from dataclasses import dataclass
from typing import Any

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import merged_annotations
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.values import S
from faas_nomad.translate.written import Written, under

PREFIX = "com.openfaas.scale."
MAX_COUNT = 50_000
"""Nomad's `job_max_count` unless its operator raised it."""
DEFAULT_MIN = 1
DEFAULT_FACTOR = 10
"""Percent of the maximum that one alert adds: what the gateway does; its pages say 20."""
DEFAULT_TARGET = 50.0
DEFAULT_PROPORTION = 0.9
QUERY_ANNOTATION = "scale.query"
MAX_QUERY_CHARS = 2048
POLICY_ANNOTATION = "scaling.policy"

_NUMBER = re.compile(r"[0-9]{1,9}(?:\.[0-9]{1,9})?")
_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}")


@dataclass(frozen=True)
class ScaleRules:
    """How a function is to be scaled; times are in seconds."""

    least: int
    most: int
    """The label's; an installation's cap on what scales by itself is applied by `upper`."""
    factor: int
    """Percent of `most` that an alert adds; 0: alerts change nothing."""
    to_zero: bool
    idle_s: float
    """How long without a request until a function `to_zero` sleeps."""
    type: str
    """What the autoscaler measures; empty: it leaves the function alone."""
    target: float
    """Load that one replica is to carry, in the type's unit."""
    proportion: float
    """How much of the target is aimed at, from 0 to 1."""
    down_window_s: float
    """The count goes down only to the highest that was wanted within this time."""

    @property
    def awake_least(self) -> int:
        """Return the replicas of a function that is not asleep, at least 1."""
        return max(1, self.least)


def scale_rules(fn: FunctionDeployment, policy: JobPolicy) -> ScaleRules:
    """Return how `fn` is scaled. Raises: InvalidDeploymentError: A label cannot be understood."""
    labels = under(PREFIX, "labels", fn.labels)
    least, most = scale_bounds(fn, policy)
    if policy.scale_cap:
        most = max(least, min(most, policy.scale_cap))
    return ScaleRules(
        least=least,
        most=most,
        factor=labels.whole("factor", DEFAULT_FACTOR, most=100),
        to_zero=labels.flag("zero", False),
        idle_s=labels.duration_ns("zero-duration", round(policy.idle_s * S), least_ns=S) / S,
        type=labels.text("type", "rps" if labels.has("target") else ""),
        target=_number(labels, "target", DEFAULT_TARGET),
        proportion=_number(labels, "target-proportion", DEFAULT_PROPORTION),
        down_window_s=labels.duration_ns("down.window", 0) / S,
    )


def scale_query(fn: FunctionDeployment, function: str) -> str:
    """Return the Prometheus query for the load of `function`, as `NAME.NAMESPACE`.

    Without the annotation `…scale.query` it is that of OpenFaaS's recording rules.
    """
    type_ = under(PREFIX, "labels", fn.labels).text("type")
    usual = f'job:function_current_load:sum{{function_name="{function}",scaling_type="{type_}"}}'
    return _written_query(fn) or usual


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
    _written_query(fn)
    for name in ("target", "target-proportion"):
        _number(labels, name, 1.0)
    if not _TYPE.fullmatch(labels.text("type", "rps")):
        raise labels.refuse("type", "a word such as rps, capacity, cpu or queue")


def _min(fn: FunctionDeployment) -> int:
    return under(PREFIX, "labels", fn.labels).whole("min", DEFAULT_MIN, most=MAX_COUNT)


def _number(labels: Written, name: str, default: float) -> float:
    text = labels.text(name, str(default))
    if not _NUMBER.fullmatch(text) or float(text) == 0:
        raise labels.refuse(name, "a number above 0")
    return float(text)


def _written_query(fn: FunctionDeployment) -> str:
    written = merged_annotations(fn)
    query = written.text(QUERY_ANNOTATION)
    if len(query) > MAX_QUERY_CHARS or not query.isprintable():
        raise written.refuse(QUERY_ANNOTATION, f"PromQL of at most {MAX_QUERY_CHARS} characters")
    return query


def _written_policy(fn: FunctionDeployment) -> dict[str, Any]:
    written = merged_annotations(fn)
    try:
        found = json.loads(written.text(POLICY_ANNOTATION, "{}"))
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise written.refuse(POLICY_ANNOTATION, "a JSON object")
    return found
