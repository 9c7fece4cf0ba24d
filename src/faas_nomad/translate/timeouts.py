"""How long a function may take: its annotation, else the watchdogs' timeouts. Pure.

The watchdogs' are set in the function's environment; `com.openfaas.nomad.timeout` wins over them.

Source: of-watchdog's configuration and its stop rule: after SIGTERM it serves on for
`healthcheck_interval`, then lets requests end for up to `write_timeout`.
"""

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import nomad_annotations
from faas_nomad.translate.errors import InvalidDeploymentError, entry
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.values import S, parse_duration_ns, seconds_ns
from faas_nomad.translate.written import Written

LIMITS = ("read_timeout", "write_timeout", "exec_timeout")
STOP_MARGIN_NS = S
WATCHDOG_WRITE_TIMEOUT_NS = 30 * S


def timeout_of(fn: FunctionDeployment) -> float | None:
    """Return the time limit of an invocation that the function sets itself, in seconds.

    The annotation's, where 0 is no limit, else the longest of its watchdog's; None for none.

    Raises:
        InvalidDeploymentError: One of them is no duration.
    """
    written = nomad_annotations(fn)
    if written.has("timeout"):
        return written.duration_ns("timeout", 0) / S
    limits = [limit_ns for name in LIMITS if (limit_ns := _env_ns(fn, name))]
    return max(limits) / S if limits else None


def kill_timeout_ns(fn: FunctionDeployment, policy: JobPolicy, written: Written) -> int:
    """Return the time from the stop signal to the kill: what a watchdog needs to end in order.

    Nodes cut it to their `max_kill_timeout`, 30 s unless their operator raised it.

    Raises:
        InvalidDeploymentError: A timeout is no duration.
    """
    write_ns = _env_ns(fn, "write_timeout")
    interval_ns = _env_ns(fn, "healthcheck_interval")
    if write_ns is None and interval_ns is None:
        return written.duration_ns("kill_timeout", seconds_ns(policy.kill_timeout_s))
    drain_ns = WATCHDOG_WRITE_TIMEOUT_NS if write_ns is None else write_ns
    serve_ns = drain_ns if interval_ns is None else interval_ns
    return written.duration_ns("kill_timeout", serve_ns + drain_ns + STOP_MARGIN_NS)


def stop_time_s(fn: FunctionDeployment, policy: JobPolicy) -> float:
    """Return how long after its removal a replica may listen still, in seconds.

    Raises:
        InvalidDeploymentError: A timeout is no duration.
    """
    written = nomad_annotations(fn)
    delay_ns = written.duration_ns("shutdown_delay", seconds_ns(policy.shutdown_delay_s))
    return (delay_ns + kill_timeout_ns(fn, policy, written) + STOP_MARGIN_NS) / S


def _env_ns(fn: FunctionDeployment, name: str) -> int | None:
    text = fn.env_vars.get(name, "")
    if not text:
        return None
    found_ns = parse_duration_ns(text)
    if found_ns is None:
        raise InvalidDeploymentError(
            entry("envVars", name), None, "a duration such as 30s or 1m30s, or seconds"
        )
    return found_ns
