"""What a change of a secret does to the replicas that run with it. Pure.

The file changes in place whatever the mode. With `signal` Nomad's template signals the task once
the file is new. With `restart` no template restarts anything: Nomad would restart all replicas at
once. The job's meta names the generation of each secret instead, and the service registers the
job with the new ones, which is a rolling update as any other.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import merged_annotations
from faas_nomad.translate.written import Written

MODES = ("noop", "restart", "signal")
SIGNALS = ("SIGHUP", "SIGUSR1", "SIGUSR2")
"""Those that a program can take for «read your settings anew»; the others end it."""

GENERATIONS = "openfaas.secrets"
"""The job's meta with the generation of each secret; no value follows from one."""

Generations = Mapping[str, str]
"""Secret → a text that is another one after each change of its value."""


@dataclass(frozen=True)
class SecretChange:
    """The mode, and the signal's name with the mode `signal`."""

    mode: str = "noop"
    signal: str = ""

    @property
    def restarts(self) -> bool:
        """Whether replicas are replaced, one after the other."""
        return self.mode == "restart"

    def template_fields(self) -> dict[str, str]:
        """Return what the templates of secrets say of it."""
        if self.mode == "signal":
            return {"ChangeMode": "signal", "ChangeSignal": self.signal}
        return {"ChangeMode": "noop"}


def secret_change_of(written: Written) -> SecretChange:
    """Return what the annotations say.

    Raises:
        InvalidDeploymentError: A value is unknown, or a signal has no mode to go with.
    """
    mode = written.choice("secrets.change_mode", "noop", MODES)
    if mode != "signal":
        if written.has("secrets.change_signal"):
            raise written.refuse("secrets.change_signal", "of use with secrets.change_mode signal")
        return SecretChange(mode)
    return SecretChange(mode, written.choice("secrets.change_signal", SIGNALS[0], SIGNALS))


def is_restarted(fn: FunctionDeployment) -> bool:
    """Tell whether a function that runs is to be restarted when one of its secrets changes."""
    asked = merged_annotations(fn).text("secrets.change_mode")
    return bool(fn.secrets) and asked == "restart"


def generations_meta(generations: Generations) -> dict[str, str]:
    """Return the job's meta that names the generations; none for a job without any."""
    if not generations:
        return {}
    ordered = {name: generations[name] for name in sorted(generations)}
    return {GENERATIONS: json.dumps(ordered, separators=(",", ":"))}


def generations_from_meta(meta: Mapping[str, str]) -> Generations:
    """Return the generations that a job was registered with; none where they cannot be read."""
    try:
        found = json.loads(meta.get(GENERATIONS, "{}"))
    except ValueError:
        return {}
    return {str(k): str(v) for k, v in found.items()} if isinstance(found, dict) else {}


def are_newer(kept: Generations, running: Generations) -> bool:
    """Tell whether a secret that is kept changed since; one that is gone changes nothing."""
    return any(running.get(name) != generation for name, generation in kept.items())
