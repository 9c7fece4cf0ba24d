"""How a function is scaled by itself: the labels `com.openfaas.scale.*` as one record. Pure.

Source: the OpenFaaS autoscaling pages and the gateway's reading of these labels.
"""

import re
from dataclasses import dataclass

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import merged_annotations
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.scaling import MAX_COUNT, PREFIX, check_bounds, scale_bounds
from faas_nomad.translate.values import S
from faas_nomad.translate.written import Written, under

DEFAULT_FACTOR = 10
"""Percent of the maximum that one alert adds: what the gateway does; its pages say 20."""
DEFAULT_TARGET = 50.0
DEFAULT_PROPORTION = 0.9
QUERY_ANNOTATION = "scale.query"
MAX_QUERY_CHARS = 2048

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


LEFT_ALONE = ScaleRules(
    least=0,
    most=MAX_COUNT,
    factor=0,
    to_zero=False,
    idle_s=0.0,
    type="",
    target=DEFAULT_TARGET,
    proportion=DEFAULT_PROPORTION,
    down_window_s=0.0,
)
"""For a function that nothing is to scale by itself."""


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


def check_scale_labels(fn: FunctionDeployment) -> None:
    """Refuse scale labels that cannot be understood; those of unknown name are left alone.

    Raises:
        InvalidDeploymentError: Names the label.
    """
    check_bounds(fn)
    labels = under(PREFIX, "labels", fn.labels)
    labels.whole("factor", 0, most=100)
    labels.flag("zero", False)
    labels.duration_ns("zero-duration", 0, least_ns=S)
    labels.duration_ns("down.window", 0)
    _written_query(fn)
    for name in ("target", "target-proportion"):
        _number(labels, name, 1.0)
    if not _TYPE.fullmatch(labels.text("type", "rps")):
        raise labels.refuse("type", "a word such as rps, capacity, cpu or queue")


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
