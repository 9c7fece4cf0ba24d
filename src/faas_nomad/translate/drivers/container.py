"""What Docker and Podman have in common: options that users may set by annotation. Pure."""

from collections.abc import Callable, Mapping
from typing import Any

from faas_nomad.translate import values
from faas_nomad.translate.annotations import PREFIX
from faas_nomad.translate.drivers.base import TaskRequest
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.escapes import config_text
from faas_nomad.translate.registry_logins import DRIVER_AUTH
from faas_nomad.translate.resources import is_cpu_limited
from faas_nomad.translate.written import Written

PULL_ANNOTATIONS = ("force_pull", "image_pull_timeout", "registry_secret")
SECOND_NS = values.S
MIB = 1 << 20


def words(field: str, text: str) -> list[str]:
    """Read a command line."""
    return [config_text(word) for word in values.words(field, text)]


def listing(field: str, text: str) -> list[str]:
    """Read texts separated by commas."""
    found = [part.strip() for part in text.split(",")]
    if not all(found):
        raise InvalidDeploymentError(field, text, "texts separated by commas")
    return [config_text(part) for part in found]


def mapping(field: str, text: str) -> list[dict[str, str]]:
    """Read `key=value` separated by commas; Nomad's plugins want a list with one map."""
    pairs = [part.partition("=") for part in listing(field, text)]
    if not all(key and sign for key, sign, _ in pairs):
        raise InvalidDeploymentError(field, text, "key=value, separated by commas")
    return [{key: value for key, _, value in pairs}]


def at_least_one(field: str, text: str) -> int:
    """Read a number that limits; 0 would lift the limit."""
    return values.whole(field, text, 1)


def plain(_field: str, text: str) -> str:
    """Read any text."""
    return config_text(text)


Reader = Callable[[str, str], Any]


def options(
    family: str, readers: Mapping[str, Reader], written: Written, allowed: frozenset[str]
) -> dict[str, Any]:
    """Return the driver options that annotations set, such as `com.openfaas.nomad.docker.init`.

    Raises:
        InvalidDeploymentError: An option is unknown, not allowed here, or cannot be read.
    """
    names = [name.removeprefix(family) for name in written.below(family)]
    for name in names:
        if name not in readers or name not in allowed:
            known = ", ".join(sorted(allowed & readers.keys()))
            raise InvalidDeploymentError(
                "annotations", f"{PREFIX}{family}{name}", f"an option allowed here: {known}"
            )
    return {
        name: readers[name](written.field(family + name), written.text(family + name))
        for name in names
    }


def pull_settings(task: TaskRequest) -> dict[str, Any]:
    """Return how the image is fetched."""
    policy, written = task.policy, task.written
    timeout_ns = written.duration_ns(
        "image_pull_timeout", values.seconds_ns(policy.image_pull_timeout_s), least_ns=SECOND_NS
    )
    return {
        "image": config_text(task.fn.image),
        "image_pull_timeout": values.duration_text(timeout_ns),
        "force_pull": written.flag("force_pull", policy.force_pull),
        **({"auth": dict(DRIVER_AUTH)} if task.has_login else {}),
    }


def network(task: TaskRequest) -> dict[str, Any]:
    """Return how the container's port is reached; the group's network says all but `host`."""
    if task.network_mode == "host":
        return {"network_mode": "host"}
    return {} if task.in_mesh else {"ports": ["http"]}


def bounds(task: TaskRequest) -> dict[str, Any]:
    """Return what the container may not do or exceed."""
    policy = task.policy
    has_cpu_quota = policy.cpu_hard_limit and is_cpu_limited(task.fn)
    return {
        **({"cap_drop": list(policy.cap_drop)} if policy.cap_drop else {}),
        **({"pids_limit": policy.pids_limit} if policy.pids_limit else {}),
        **({"cpu_hard_limit": True} if has_cpu_quota else {}),
    }


def labels(task: TaskRequest) -> list[dict[str, str]]:
    """Return the container's labels: which function it runs."""
    namespace = task.fn.namespace or task.policy.function_namespace
    return [{"com.openfaas.function": task.fn.service, "com.openfaas.namespace": namespace}]
