"""Functions that are processes on a node: the watchdog that runs them, what nodes download. Pure.

The watchdog's directory is the task's, so `envProcess` finds the artifact below `local/`.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from faas_nomad.translate.drivers.base import TaskParts, TaskRequest
from faas_nomad.translate.errors import InvalidDeploymentError, entry
from faas_nomad.translate.policy import (
    DownloadedWatchdog,
    EmbeddedWatchdog,
    HostWatchdog,
    JobPolicy,
    Watchdog,
)
from faas_nomad.translate.written import Written

DEFAULT_DESTINATION = "local/fn"
WATCHDOG_ARCHIVE = "watchdog.pyz"
WATCHDOG_BINARY = "local/of-watchdog"
MODES = ("any", "file", "dir")
PROCESSLESS_MODES = ("static", "inproc")
"""of-watchdog modes that run no process."""
EMBEDDED_MODES = ("", "streaming", "serializing", "http")
"""What this project's watchdog does; it ends at the start over any other."""
ENDING_SOON = {"healthcheck_interval": "1s"}
"""How long of-watchdog and the classic one serve on when told to stop, for balancers to look again.

Unset it is `write_timeout`, 30 s. Nomad has deregistered the replica by then, and the port that
both have for metrics is needed by the next one.
"""

_URL = re.compile(
    r"(?:(?P<getter>[a-z0-9]{1,16})::)?(?P<scheme>[a-z][a-z0-9+.-]{0,31})://"
    r"[A-Za-z0-9._~:/?#\[\]@!&'()*+,;=%-]{1,2000}"
)
"""A URL as RFC 3986 spells it, without `$`: Nomad would interpolate `${…}`."""
_GETTERS = ("git", "hg", "s3", "gcs", "http", "https")
_DESTINATION = re.compile(r"local/[A-Za-z0-9._/-]{1,255}")
_DIGITS = {"md5": 32, "sha1": 40, "sha256": 64, "sha512": 128}


def watched_parts(task: TaskRequest) -> TaskParts:
    """Return a task that is the watchdog, with the function's artifact beside it.

    Raises:
        InvalidDeploymentError: There is no process to run, or the artifact cannot be understood.
    """
    embedded = isinstance(task.policy.watchdog, EmbeddedWatchdog)
    (_check_embedded if embedded else _check_foreign)(task.fn.env_vars)
    _require_process(task.fn.env_process, task.fn.env_vars)
    config, artifacts, templates = _watchdog(task.policy.watchdog, task.policy.watchdog_python)
    return TaskParts(
        config=config,
        env={"TMPDIR": "${NOMAD_ALLOC_DIR}/tmp", **({} if embedded else ENDING_SOON)},
        artifacts=artifacts + artifacts_of(task, DEFAULT_DESTINATION, "any"),
        templates=templates,
        user=task.policy.task_user,
    )


def artifacts_of(task: TaskRequest, destination: str, mode: str) -> list[dict[str, Any]]:
    """Return what nodes download: the annotation's artifact, else the image where it is a URL.

    Raises:
        InvalidDeploymentError: It is no URL that may be downloaded here.
    """
    written = task.written
    if written.has("artifact"):
        field, source = written.field("artifact"), written.text("artifact")
    elif _is_url(task.fn.image):
        # faas-cli adds the tag to what it takes for the name of an image without one.
        field, source = "image", task.fn.image.removesuffix(":latest")
    else:
        _refuse_details(written)
        return []
    _check_url(field, source, task.policy)
    checksum = written.text("artifact.checksum")
    if written.has("artifact.checksum"):
        _check_checksum(written, checksum)
    return [
        {
            "GetterSource": source,
            "RelativeDest": _destination(written, destination),
            "GetterMode": written.choice("artifact.mode", mode, MODES),
            **({"GetterOptions": {"checksum": checksum}} if checksum else {}),
        }
    ]


def _watchdog(
    watchdog: Watchdog, python: tuple[str, ...]
) -> tuple[dict[str, Any], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return the watchdog's Config, Artifacts and Templates."""
    if isinstance(watchdog, HostWatchdog):
        return {"command": watchdog.path}, [], []
    if isinstance(watchdog, DownloadedWatchdog):
        return {"command": WATCHDOG_BINARY}, [_binary(watchdog)], []
    arguments = [*python[1:], f"${{NOMAD_TASK_DIR}}/{WATCHDOG_ARCHIVE}"]
    return {"command": python[0], "args": arguments}, [], [_archive(watchdog)]


def _binary(watchdog: DownloadedWatchdog) -> dict[str, Any]:
    options = {"GetterOptions": {"checksum": watchdog.checksum}} if watchdog.checksum else {}
    return {
        "GetterSource": watchdog.url,
        "RelativeDest": WATCHDOG_BINARY,
        "GetterMode": "file",
        **options,
    }


def _archive(watchdog: EmbeddedWatchdog) -> dict[str, Any]:
    """Return the template that writes the archive; it reads nothing, so no outage can fail it."""
    encoded = base64.b64encode(watchdog.zipapp).decode("ascii")
    return {
        "DestPath": f"local/{WATCHDOG_ARCHIVE}",
        "EmbeddedTmpl": f'{{{{ "{encoded}" | base64Decode }}}}',
        "ChangeMode": "noop",
        "Perms": "0444",
    }


def _check_embedded(env_vars: Mapping[str, str]) -> None:
    if env_vars.get("mode", "") not in EMBEDDED_MODES:
        expected = "streaming, serializing or http: other modes take of-watchdog, see `watchdog`"
        raise InvalidDeploymentError(entry("envVars", "mode"), None, expected)
    if env_vars.get("jwt_auth", "").lower() in ("1", "t", "true"):
        raise InvalidDeploymentError(
            entry("envVars", "jwt_auth"), None, "done by this watchdog: it takes of-watchdog"
        )


def _check_foreign(env_vars: Mapping[str, str]) -> None:
    """Refuse what of-watchdog would end at the start over, again and again."""
    address = env_vars.get("http_upstream_url") or env_vars.get("upstream_url")
    if env_vars.get("mode") == "http" and not address:
        expected = "where the function listens, which of-watchdog takes in the mode http"
        raise InvalidDeploymentError(entry("envVars", "upstream_url"), "", expected)


def _require_process(env_process: str, env_vars: Mapping[str, str]) -> None:
    process = env_process or env_vars.get("fprocess") or env_vars.get("function_process")
    if not process and env_vars.get("mode") not in PROCESSLESS_MODES:
        raise InvalidDeploymentError(
            "envProcess", env_process, "a command, which a function without a container needs"
        )


def _is_url(text: str) -> bool:
    found = _URL.fullmatch(text)
    return found is not None and found["getter"] in (None, *_GETTERS)


def _check_url(field: str, source: str, policy: JobPolicy) -> None:
    found = _URL.fullmatch(source)
    allowed = policy.artifact_schemes
    if found and found["scheme"] in allowed and found["getter"] in (None, *_GETTERS):
        return
    schemes = ", ".join(sorted(allowed))
    raise InvalidDeploymentError(field, source, f"a URL to download by {schemes}")


def _check_checksum(written: Written, checksum: str) -> None:
    kind, _, digits = checksum.partition(":")
    if len(digits) != _DIGITS.get(kind) or not re.fullmatch(r"[0-9a-fA-F]+", digits):
        raise written.refuse("artifact.checksum", "TYPE:HEX with sha256, sha512, sha1 or md5")


def _destination(written: Written, default: str) -> str:
    path = written.text("artifact.destination", default)
    if not _DESTINATION.fullmatch(path) or ".." in path.split("/"):
        raise written.refuse("artifact.destination", "a path below local/, without ..")
    return path


def _refuse_details(written: Written) -> None:
    for name in written.below("artifact."):
        raise written.refuse(name, "of use without com.openfaas.nomad.artifact")
