"""Where the registry logins of functions' tasks are kept: beside the secrets, one for a job."""

from typing import Protocol

from faas_nomad.translate.registry_logins import RegistryLogin, TaskLogin


class LoginStore(Protocol):
    """Keeps what tasks pull their images with; only the job's own task is told.

    Every call raises `clients.errors.BackendError` when the store cannot be asked or refuses.
    """

    def in_region(self, region: str) -> "LoginStore":
        """Return the store for another region's jobs; "" is the own one."""
        ...

    async def value(self, namespace: str, name: str) -> bytes:
        """Return a secret, which no caller of the API is ever given.

        Raises:
            NoSuchSecretError: There is none of that name.
            InvalidSecretError: What is kept cannot be read: it was written by hand.
        """
        ...

    async def keep(self, namespace: str, job_id: str, login: RegistryLogin) -> TaskLogin:
        """Have the login readable for the job's task, and say how it reads it."""
        ...

    async def forget(self, namespace: str, job_id: str) -> None:
        """Remove the job's login if there is one."""
        ...

    async def jobs(self, namespace: str) -> list[str]:
        """Return the jobs that have a login."""
        ...
