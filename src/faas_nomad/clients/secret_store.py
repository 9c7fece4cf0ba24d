"""Where function secrets are kept: the one seam between Nomad's variables and Vault.

Namespaces are Nomad's, jobs are meant by their IDs, names were checked by
`translate.secret_names`.
"""

from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol

from faas_nomad.translate.secret_changes import Generations
from faas_nomad.translate.secret_files import TaskSecrets


class SecretError(Exception):
    """A secret is there that should not be, or the reverse; `str(e)` is one line."""


class NoSuchSecretError(SecretError):
    """There is no secret of that name in the namespace."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no such secret: {name}")
        self.name = name


class SecretExistsError(SecretError):
    """There is a secret of that name already."""

    def __init__(self, name: str) -> None:
        super().__init__(f"name: secret {name!r} exists already; use PUT to update it")


class SecretUser(NamedTuple):
    """A job with all the secrets that it names, and the region that it is in."""

    job_id: str
    names: Sequence[str]
    region: str = ""


class SecretStore(Protocol):
    """Keeps secrets and makes them readable for tasks.

    Every call raises `clients.errors.BackendError` when the store cannot be asked or refuses.
    """

    def in_region(self, region: str) -> "SecretStore":
        """Return the store for another region's jobs: secrets are the same, "" is the own one."""
        ...

    async def names(self, namespace: str) -> list[str]:
        """Return the names of a namespace's secrets, in order."""
        ...

    async def create(self, namespace: str, name: str, value: bytes) -> None:
        """Keep a new secret. Raises: SecretExistsError, InvalidSecretError."""
        ...

    async def update(
        self, namespace: str, name: str, value: bytes, users: Collection[SecretUser]
    ) -> None:
        """Replace a secret, also for its `users`.

        Raises:
            NoSuchSecretError: There is none of that name.
            InvalidSecretError: The value is too large, alone or for a user; nothing was changed.
        """
        ...

    async def delete(self, namespace: str, name: str) -> None:
        """Forget a secret; jobs that use it keep what they have. Raises: NoSuchSecretError."""
        ...

    async def prepare(self, namespace: str, job_id: str, names: Sequence[str]) -> TaskSecrets:
        """Make the secrets readable for the job, before it is registered, and say how.

        Raises:
            NoSuchSecretError: One of them does not exist.
            InvalidSecretError: Together they are too large.
        """
        ...

    async def generations(self, namespace: str, job_id: str, names: Sequence[str]) -> Generations:
        """Return the generation of each of the job's secrets now; nothing of one that is gone."""
        ...

    async def settle(self, namespace: str, job_id: str, names: Sequence[str]) -> None:
        """Call it once the job is registered: what changed since `prepare` reaches it too."""
        ...

    async def release(self, namespace: str, job_id: str) -> None:
        """Call it once the job is gone: nothing is kept for it any more."""
        ...
