"""Health checks for Nomad and readiness probes for this provider. Pure.

Sources: the OpenFaaS annotations `com.openfaas.health.http.*` and `com.openfaas.ready.http.*`,
and this project's own `com.openfaas.nomad.check*`, which win over them where both are given.
"""

import re
from dataclasses import dataclass
from typing import Any

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import merged_annotations
from faas_nomad.translate.nomad_version import skips_certificates, version_of
from faas_nomad.translate.policy import CheckPolicy, JobPolicy
from faas_nomad.translate.routing import upstream_tls_of
from faas_nomad.translate.values import S, seconds_ns
from faas_nomad.translate.written import Written, under

HEALTH_PREFIX = "com.openfaas.health.http."
READY_PREFIX = "com.openfaas.ready.http."
KINDS = ("http", "tcp", "none")
DEFAULT_PATH = "/_/health"

_PATH = re.compile(r"/[A-Za-z0-9/_.~!&'()*+,;=:@?%-]{0,1023}")
"""A URL's path and query. `$` and braces are left out: Nomad would interpolate them."""
_PATH_EXPECTED = "a path such as /_/health"


@dataclass(frozen=True)
class Readiness:
    """How to find out that an instance can serve: `kind` is http, tcp or none."""

    kind: str
    path: str
    initial_delay_s: float
    period_s: float | None
    """None where the deployment does not say: as often as makes sense."""
    timeout_s: float
    success_threshold: int


def readiness_of(fn: FunctionDeployment, default_kind: str = "http") -> Readiness:
    """Return how a new instance of `fn` is probed: its ready path, else its health path.

    Args:
        default_kind: The kind where the deployment says nothing: the policy's `check.kind`.

    Raises:
        InvalidDeploymentError: An annotation cannot be read.
    """
    ready = under(READY_PREFIX, "annotations", fn.annotations)
    health = under(HEALTH_PREFIX, "annotations", fn.annotations)
    ready.whole("failureThreshold", 1, least=1, most=100)  # a refused caller decides, see critiques
    kind = merged_annotations(fn).choice("check", default_kind, KINDS)
    return Readiness(
        kind="http" if ready.has("path") else kind,
        path=_path(ready, _path(health, DEFAULT_PATH)),
        initial_delay_s=_delay_ns(ready, 0) / S,
        period_s=ready.duration_ns("periodSeconds", 0) / S if ready.has("periodSeconds") else None,
        timeout_s=ready.duration_ns("timeoutSeconds", S) / S,
        success_threshold=ready.whole("successThreshold", 1, least=1, most=100),
    )


def check_kind(written: Written, policy: JobPolicy) -> str:
    """Return the kind of health check that Nomad makes: http, tcp or none."""
    return written.choice("check", policy.check.kind, KINDS)


def checks_of(
    fn: FunctionDeployment, policy: JobPolicy, written: Written, *, back_after_s: float = 0
) -> list[dict[str, Any]]:
    """Return the service's Checks, none for the kind none.

    Where nothing else is said they restart no task that, having crashed, is back `back_after_s`
    later: Nomad counts what fails meanwhile and would restart it as soon as it is there.

    Raises:
        InvalidDeploymentError: An annotation cannot be read.
    """
    kind = _nomads_kind(fn, policy, check_kind(written, policy))
    health = under(HEALTH_PREFIX, "annotations", fn.annotations)
    check = _check(health, written, policy.check, back_after_s)
    if kind == "none":
        return []
    path = {"Path": _path(health, policy.check.path)} if kind == "http" else {}
    return [{"Name": "health", "Type": kind, **path, **_over_tls(fn, kind), **check}]


def _nomads_kind(fn: FunctionDeployment, policy: JobPolicy, kind: str) -> str:
    """Return the kind that this Nomad can do: an older one at least connects over TLS."""
    version = version_of(policy.nomad_version)
    if version is None or skips_certificates(version) or policy.service_provider != "nomad":
        return kind
    return "tcp" if kind == "http" and upstream_tls_of(fn) is not None else kind


def _over_tls(fn: FunctionDeployment, kind: str) -> dict[str, Any]:
    """Return what lets Nomad ask a function that speaks TLS.

    It knows neither its authority nor, for services of its own, another name than the address
    (`nomad/structs/services.go`), so it does not look at the certificate; callers' requests do.
    """
    if kind != "http" or upstream_tls_of(fn) is None:
        return {}
    return {"Protocol": "https", "TLSSkipVerify": True}


def _check(
    health: Written, written: Written, policy: CheckPolicy, back_after_s: float
) -> dict[str, Any]:
    period_ns = health.duration_ns("periodSeconds", seconds_ns(policy.interval_s), least_ns=S)
    timeout_ns = health.duration_ns("timeoutSeconds", seconds_ns(policy.timeout_s), least_ns=S)
    interval_ns = written.duration_ns("check.interval", period_ns, least_ns=S)
    usual = max(policy.restart_limit, seconds_ns(back_after_s) // interval_ns + 1)
    failures = health.whole("failureThreshold", usual, least=1, most=1000)
    limit = written.whole("check.restart_limit", failures, most=1000)
    grace_ns = written.duration_ns("check.grace", _delay_ns(health, seconds_ns(policy.grace_s)))
    restart = {"CheckRestart": {"Limit": limit, "Grace": grace_ns}} if limit else {}
    return {
        "Interval": interval_ns,
        "Timeout": written.duration_ns("check.timeout", timeout_ns, least_ns=S),
        **restart,
    }


def _delay_ns(probe: Written, default_ns: int) -> int:
    """Return the initial delay, which OpenFaaS has spelled in two ways."""
    older_ns = probe.duration_ns("initialDelay", default_ns)
    return probe.duration_ns("initialDelaySeconds", older_ns)


def _path(probe: Written, default: str) -> str:
    path = probe.text("path", default)
    if not _PATH.fullmatch(path):
        raise probe.refuse("path", _PATH_EXPECTED)
    return path
