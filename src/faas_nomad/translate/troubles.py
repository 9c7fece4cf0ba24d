"""Why a function is not ready, from what Nomad tells: one line, fit for its owner. Pure.

Sources: nomad `structs.TaskEvent`, `structs.AllocMetric`, `deploymentwatcher` (v1.11). Events of a
task are its last ten, oldest first.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from faas_nomad.model.nomad import Allocation, TaskState
from faas_nomad.model.openfaas import FunctionDeployment

KINDS = (
    "image",
    "artifact",
    "placement",
    "check",
    "memory",
    "crash",
    "secret",
    "setup",
    "node",
    "deployment",
)
"""Every kind of trouble: the values of the annotation `…status.reason` and of a metric's label."""
MAX_CHARS = 300
MIN_HIDDEN_CHARS = 4
"""A value shorter than this is found in any text by chance."""
HIDDEN = "…"

_USER_INFO = re.compile(r"(?<=//)[^/\s@]+@")
_URL_QUERY = re.compile(r"(https?://[^\s?\"'`]+)\?[^\s\"'`]+")
_CREDENTIALS = re.compile(r"(?i)\b(bearer|basic|token|password|secret|passwd)([ =:]+)[^\s,;\"'`]+")
_DOWNLOAD_FOLDER = re.compile(r"(?:/[^\s/]+)+/getter\d+/")
"""Where Nomad's client downloads to: another one at each try, which is no other trouble."""
_SETUP_EVENTS = frozenset({"Setup Failure", "Failed Validation", "Task hook failed"})
_DETAILS = (
    "driver_error",
    "download_error",
    "validation_error",
    "setup_error",
    "message",
    "restart_reason",
    "kill_reason",
)


@dataclass(frozen=True)
class Trouble:
    """Why a function is not ready: one of `KINDS`, and a line that says what happened."""

    kind: str
    text: str


def allocation_trouble(alloc: Allocation) -> Trouble | None:
    """Return what is wrong with a replica; None when nothing is, or nothing is known."""
    if alloc["ClientStatus"] in ("lost", "unknown"):
        return Trouble("node", "the node of a replica cannot be reached")
    for state in (alloc.get("TaskStates") or {}).values():
        for event in reversed(state.get("Events") or []):
            found = _event_trouble(event, state)
            if found is not None:
                return found
    return None


def placement_trouble(evaluation: Mapping[str, Any]) -> Trouble | None:
    """Return why an evaluation could not place every replica; None when it could."""
    for metric in (evaluation.get("FailedTGAllocs") or {}).values():
        reasons = "; ".join(_placement_reasons(metric or {}))
        return Trouble("placement", f"replicas cannot be placed: {reasons}")
    return None


def deployment_trouble(status: str, description: str) -> Trouble | None:
    """Return how a deployment failed; None when it has not."""
    if status != "failed":
        return None
    return Trouble("deployment", f"the deployment failed: {description}")


def given_up(trouble: Trouble) -> Trouble:
    """Return the trouble of a function that Nomad tries no more to bring up."""
    return Trouble(trouble.kind, f"Nomad has given up, deploy it again: {trouble.text}")


def is_rollback(description: str) -> bool:
    """Tell whether Nomad goes back to an earlier version after a failed deployment."""
    return "rolling back" in description.lower()


def without_secrets(trouble: Trouble, fn: FunctionDeployment) -> Trouble:
    """Return the trouble as one short line that has nothing secret of `fn` in it.

    A driver's or a registry's words may repeat environment, URLs with credentials, or tokens.
    """
    text = " ".join(trouble.text.split())
    for value in sorted(fn.env_vars.values(), key=len, reverse=True):
        folded = " ".join(value.split())
        if len(folded) >= MIN_HIDDEN_CHARS:
            text = text.replace(folded, HIDDEN)
    text = _USER_INFO.sub(f"{HIDDEN}@", text)
    text = _URL_QUERY.sub(rf"\1?{HIDDEN}", text)
    text = _CREDENTIALS.sub(rf"\1\2{HIDDEN}", text)
    text = "".join(char if char.isprintable() else "?" for char in text)
    short = text if len(text) <= MAX_CHARS else text[: MAX_CHARS - 1] + HIDDEN
    return Trouble(trouble.kind, short)


def _event_trouble(event: Mapping[str, Any], state: TaskState) -> Trouble | None:
    kind, text = str(event.get("Type")), _said(event)
    if kind == "Driver Failure":
        return _driver_trouble(text)
    if kind == "Terminated":
        return _ending(event, state)
    if kind == "Failed Artifact Download":
        said = _DOWNLOAD_FOLDER.sub("", text)
        return Trouble("artifact", f"an artifact cannot be had: {said}")
    if kind == "Template" or (kind == "Killing" and ("emplate" in text or "ault" in text)):
        return Trouble("secret", f"a secret cannot be read: {text}")
    if kind == "Restart Signaled" and "check" in text:
        return Trouble("check", f"the health check fails: {text}")
    if kind == "Alloc Unhealthy" and "check" in text:
        return Trouble("check", f"the health check does not pass: {text}")
    if kind in _SETUP_EVENTS:
        return Trouble("setup", f"it cannot be started: {text}")
    return None


def _driver_trouble(text: str) -> Trouble:
    folded = text.lower()
    if "pull" in folded or "image" in folded:
        return Trouble("image", f"the image cannot be had: {text}")
    return Trouble("setup", f"it cannot be started: {text}")


def _ending(event: Mapping[str, Any], state: TaskState) -> Trouble:
    details = event.get("Details") or {}
    restarts = int(state.get("Restarts") or 0)
    again = f", restarted {restarts} times" if restarts > 1 else ""
    if details.get("oom_killed") == "true":
        return Trouble("memory", f"it ran out of memory and was killed{again}")
    signal = str(details.get("signal") or "0")
    code = str(details.get("exit_code") or event.get("ExitCode") or 0)
    how = f"was killed by signal {signal}" if signal != "0" else f"ended with exit code {code}"
    return Trouble("crash", f"its process {how}{again}")


def _said(event: Mapping[str, Any]) -> str:
    details = event.get("Details") or {}
    found = next((str(details[name]) for name in _DETAILS if details.get(name)), "")
    return found or str(event.get("DisplayMessage") or "no reason was given")


def _placement_reasons(metric: Mapping[str, Any]) -> Iterator[str]:
    if not metric.get("NodesEvaluated"):
        pool = metric.get("NodePool") or "default"
        yield f"node pool {pool} has no ready node in the datacenters that it may run in"
    for constraint, nodes in sorted((metric.get("ConstraintFiltered") or {}).items()):
        yield f'"{constraint}" leaves out {_nodes(nodes)}'
    for dimension, nodes in sorted((metric.get("DimensionExhausted") or {}).items()):
        yield f"not enough {dimension} on {_nodes(nodes)}"
    yield from (f"quota {name} is used up" for name in metric.get("QuotaExhausted") or [])


def _nodes(count: object) -> str:
    return "1 node" if count == 1 else f"{count} nodes"
