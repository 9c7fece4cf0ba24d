"""Pulling from private registries: from a secret in Docker's config.json to the task's login. Pure.

A driver's `auth` takes user and password, and what is in a job is for everybody to read who may
read jobs. So user and password of the one registry that the image comes from are kept where only
the job's task may read them, and the task's Secrets block (Nomad 1.11) puts them into the
driver's configuration on the node: not into the job, and not into the function's environment.
Sources: docker `cli/config/configfile` (auths), distribution/reference (the registry in a name),
nomad `client/allocrunner/taskrunner/secrets` (one line KEY=VALUE for each item, go-envparse).
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from faas_nomad.model.nomad import Job
from faas_nomad.translate.secret_variables import COPIES

BLOCK = "registry"
"""The name of the task's Secrets block."""
USER, PASSWORD = "username", "password"
DRIVER_AUTH = {
    USER: f"${{secret.{BLOCK}.{USER}}}",
    PASSWORD: f"${{secret.{BLOCK}.{PASSWORD}}}",
}
"""What drivers are told; the node fills it in."""

HUB = "docker.io"
_HUB_NAMES = frozenset({HUB, "index.docker.io", "registry-1.docker.io"})


class RegistryConfigError(ValueError):
    """A secret is no config.json with a login that nodes can use; `str(e)` says what it lacks."""


@dataclass(frozen=True)
class RegistryLogin:
    """What a registry asks for."""

    user: str = field(repr=False)
    password: str = field(repr=False)

    def items(self) -> dict[str, str]:
        """Return what is kept for the task: each value in quotes, on one line, as nodes read it."""
        return {USER: json.dumps(self.user), PASSWORD: json.dumps(self.password)}


@dataclass(frozen=True)
class TaskLogin:
    """How a task gets its login."""

    block: dict[str, Any]
    vault: dict[str, Any] | None = None
    """The task's Vault block; None without Vault."""


def login_path(job_id: str) -> str:
    """Return the path of the Nomad variable that the job's task reads its login from.

    Between the paths of copies of secrets: a Secrets block takes every item, and the names of
    secrets are not what it reads.
    """
    return f"{COPIES}{job_id}/fn"


def nomad_block(job_id: str) -> dict[str, Any]:
    """Return the Secrets block that reads that variable."""
    return {"Name": BLOCK, "Provider": "nomad", "Path": login_path(job_id)}


def vault_block_of(path: str, kv_version: int) -> dict[str, Any]:
    """Return the Secrets block that reads an entry of Vault's; `path` is the API's."""
    engine = "kv_v2" if kv_version == 2 else "kv"
    return {"Name": BLOCK, "Provider": "vault", "Path": path, "Config": {"engine": engine}}


def reads_login(job: Job) -> bool:
    """Return whether a job, as Nomad has it, has such a block."""
    groups = job.get("TaskGroups") or ()
    tasks = [task for group in groups for task in group.get("Tasks") or ()]
    blocks = [block for task in tasks for block in task.get("Secrets") or ()]
    return any(block.get("Name") == BLOCK for block in blocks)


def registry_of(image: str) -> str:
    """Return the registry that an image comes from, such as ghcr.io or 127.0.0.1:5000."""
    first, slash, _ = image.partition("/")
    is_host = slash and ("." in first or ":" in first or first == "localhost")
    return HUB if not is_host or first in _HUB_NAMES else first


def login_for(config: bytes, registry: str) -> RegistryLogin | None:
    """Return the login of one registry, None when there is none.

    Raises:
        RegistryConfigError: It is no config.json, or the registry's entry has no user and password.
    """
    for server, entry in _auths(config).items():
        if _host(server) == registry:
            return _login(entry, registry)
    return None


def _auths(config: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(config)
    except (ValueError, RecursionError):
        raise RegistryConfigError("a secret in the format of Docker's config.json") from None
    auths = found.get("auths") if isinstance(found, dict) else None
    if not isinstance(auths, dict):
        raise RegistryConfigError("a secret in the format of Docker's config.json, with auths")
    return auths


def _host(server: str) -> str:
    """Return a server's name as it is in images: keys may be URLs, Docker Hub's always is."""
    host = server.partition("://")[2] or server
    host = host.partition("/")[0]
    return HUB if host in _HUB_NAMES else host


def _login(entry: object, registry: str) -> RegistryLogin:
    expected = f"a secret with user and password for {registry}, in auth or apart"
    if not isinstance(entry, dict):
        raise RegistryConfigError(expected)
    user, password = entry.get(USER), entry.get(PASSWORD)
    if entry.get("auth"):
        user, password = _decoded(entry["auth"], expected)
    if not (isinstance(user, str) and user and isinstance(password, str) and password):
        raise RegistryConfigError(expected)
    return RegistryLogin(user, password)


def _decoded(auth: object, expected: str) -> tuple[str, str]:
    try:
        user, _, password = base64.b64decode(str(auth), validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        raise RegistryConfigError(expected) from None
    return user, password.rstrip("\0")
