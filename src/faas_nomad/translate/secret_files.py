"""How a task gets secrets as files: templates that read them, and where the files are. Pure.

Every template is `noop` unless a signal was asked for: the file changes in place when the secret
does, and a task outlives an outage of Nomad's servers, which kills tasks whose templates restart
or signal them unless the nodes are told to try for ever.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from faas_nomad.translate.registry_logins import TaskLogin, nomad_block
from faas_nomad.translate.secret_changes import Generations, SecretChange
from faas_nomad.translate.secret_variables import copy_paths

CONTAINER_PATH = "/var/openfaas/secrets"
"""Where every OpenFaaS function looks."""

PERMS = "0444"
"""A function that is not root must be able to read them; the folder is its own task's."""

TemplateOf = Callable[[str], str]
"""Gives the template that renders the secret of a name."""


@dataclass(frozen=True)
class SecretsPlace:
    """Where secrets are: `folder` below the task's directory, `path` as the function sees it."""

    folder: str
    path: str
    env_names: tuple[str, ...] = ("OPENFAAS_SECRETS_PATH",)
    """The variables that tell the function the path."""


MOUNTED = SecretsPlace("secrets/openfaas", CONTAINER_PATH)
"""For containers: only this folder of the task's secrets is mounted, by the driver's config."""
IN_CHROOT = SecretsPlace("var/openfaas/secrets", CONTAINER_PATH)
"""For tasks whose directory is their root."""
ON_HOST = SecretsPlace(
    "secrets/openfaas",
    "${NOMAD_SECRETS_DIR}/openfaas",
    ("OPENFAAS_SECRETS_PATH", "secret_mount_path"),
)
"""For tasks without a root of their own. The Go SDK reads `secret_mount_path`."""


@dataclass(frozen=True)
class TaskSecrets:
    """What the secret store says of one function's task."""

    template_of: TemplateOf
    vault: dict[str, Any] | None = None
    """The task's Vault block; None without Vault."""
    secrets_mb: int = 0
    """The size that the task's folder of secrets needs; 0 for Nomad's own, 1 MiB."""
    login: TaskLogin | None = None
    """How the node gets what the image is pulled with; None for an image that anybody may pull."""
    generations: Generations = field(default_factory=dict[str, str])
    """The generation of each secret that the task was prepared with."""


def variable_template(path: str, name: str) -> str:
    """Return the template that renders the item `name` of the Nomad variable at `path`.

    A missing variable keeps the task waiting. A missing item fails it, in place of an empty file:
    nothing but an error is there to be rendered. `name` and `path` hold no user text but names.
    """
    return (
        f'{{{{ with nomadVar "{path}" }}}}{{{{ with (index . "{name}").Value }}}}'
        '{{ base64Decode . }}{{ else }}{{ index (parseJSON "[]") 0 }}{{ end }}{{ end }}'
    )


def own_variables(job_id: str) -> TaskSecrets:
    """Return the usual case: all secrets are on the task's own path."""
    path = copy_paths(job_id)[0]
    login = TaskLogin(nomad_block(job_id))
    return TaskSecrets(lambda name: variable_template(path, name), login=login)


def secret_templates(
    names: Iterable[str], place: SecretsPlace, secrets: TaskSecrets, change: SecretChange
) -> list[dict[str, Any]]:
    """Return one template for each secret."""
    return [
        {
            "DestPath": f"{place.folder}/{name}",
            "EmbeddedTmpl": secrets.template_of(name),
            **change.template_fields(),
            "Perms": PERMS,
            "ErrMissingKey": True,
        }
        for name in dict.fromkeys(names)
    ]


def secrets_env(names: Sequence[str], place: SecretsPlace) -> dict[str, str]:
    """Return the variables that tell a function with secrets where they are."""
    return dict.fromkeys(place.env_names, place.path) if names else {}
