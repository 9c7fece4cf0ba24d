"""What every task driver is asked for. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.secret_files import SecretsPlace
from faas_nomad.translate.written import Written


@dataclass(frozen=True)
class TaskParts:
    """The parts of a task that depend on its driver, in the spelling of Nomad's job."""

    config: dict[str, Any]
    env: dict[str, str] = field(default_factory=dict)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    templates: list[dict[str, Any]] = field(default_factory=list)
    user: str = ""


@dataclass(frozen=True)
class TaskRequest:
    """What a driver makes its parts of; `network_mode` is Nomad's, empty for the host's ports."""

    fn: FunctionDeployment
    policy: JobPolicy
    written: Written
    network_mode: str
    in_mesh: bool = False
    """Whether only the function's sidecar has a port on the node."""
    has_login: bool = False
    """Whether the task's Secrets block has a login for the image's registry."""


@dataclass(frozen=True)
class Driver:
    """A Nomad task driver as far as functions are concerned."""

    name: str
    parts: Callable[[TaskRequest], TaskParts]
    annotations: tuple[str, ...]
    """The beginnings of the annotations that this driver reads and some other does not."""
    runs_images: bool
    """Whether `image` is a container's; its own watchdog then listens on port 8080."""
    has_bridge: bool
    """Whether tasks can join a network namespace of their own."""
    has_resolver: bool
    """Whether tasks can have DNS servers other than their node's."""
    has_cpu_quota: bool
    has_read_only_root: bool
    secrets: SecretsPlace
    """Where the function finds its secrets, one file each."""
    back_after_s: float = 0
    """How long a crashed task is away, where that is longer than a few failed checks."""
