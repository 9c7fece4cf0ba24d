"""Registry logins in Nomad's variables, on a path of the job that its task may read."""

from faas_nomad.clients.errors import RejectedError
from faas_nomad.clients.nomad_variables import NomadVariables, Variable
from faas_nomad.clients.secret_store import NoSuchSecretError
from faas_nomad.translate.registry_logins import RegistryLogin, TaskLogin, login_path, nomad_block
from faas_nomad.translate.secret_variables import (
    COPIES,
    MARK,
    VALUE,
    decode_value,
    is_copy,
    job_of_login,
    master_path,
)


class NomadLogins:
    """A `LoginStore`; a variable that somebody else put there is left alone."""

    def __init__(
        self, variables: NomadVariables, job_prefix: str, masters: NomadVariables | None = None
    ) -> None:
        self._variables = variables
        self._masters = masters or variables
        self._job_prefix = job_prefix

    def in_region(self, region: str) -> "NomadLogins":
        """Return those of another region's jobs; "" is the own one."""
        if not region:
            return self
        return NomadLogins(self._variables.in_region(region), self._job_prefix, self._masters)

    async def value(self, namespace: str, name: str) -> bytes:
        """Return a secret's master. Raises: NoSuchSecretError, InvalidSecretError."""
        found = await self._masters.find(namespace, master_path(name))
        if VALUE not in found.items:
            raise NoSuchSecretError(name)
        return decode_value(found.items[VALUE])

    async def keep(self, namespace: str, job_id: str, login: RegistryLogin) -> TaskLogin:
        """Write the variable, unless it says so already. Raises: ConflictError, RejectedError."""
        path, items = login_path(job_id), {**login.items(), MARK: "1"}
        present = await self._variables.find(namespace, path)
        if present.items and not is_copy(present.items):
            raise RejectedError(f"Nomad's variable {path} is not ours to write")
        if present.items != items:
            index = present.modify_index
            await self._variables.put(namespace, path, items, expected_index=index)
        return TaskLogin(nomad_block(job_id))

    async def forget(self, namespace: str, job_id: str) -> None:
        """Remove the variable if it is ours."""
        path = login_path(job_id)
        present: Variable = await self._variables.find(namespace, path)
        if is_copy(present.items):
            index = present.modify_index
            await self._variables.delete(namespace, path, expected_index=index)

    async def jobs(self, namespace: str) -> list[str]:
        """Return the jobs with our prefix that have such a variable."""
        found = await self._variables.list(COPIES + self._job_prefix, namespace)
        return [job_id for stub in found if (job_id := job_of_login(stub.path))]
