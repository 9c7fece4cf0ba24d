"""Registry logins in memory, for tests of what is done with them."""

from faas_nomad.clients.errors import RejectedError
from faas_nomad.clients.secret_store import NoSuchSecretError
from faas_nomad.operations.registry_logins import RegistryLogins
from faas_nomad.state.functions import Functions
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.registry_logins import RegistryLogin, TaskLogin, nomad_block
from support.memory_nomad import MemoryNomad


class MemoryLogins:
    """A `LoginStore` whose secrets are given; `writes` counts what was kept."""

    def __init__(self) -> None:
        self.secrets: dict[tuple[str, str], bytes] = {}
        self.kept: dict[tuple[str, str], RegistryLogin] = {}
        self.writes = 0
        self.failure: Exception | None = None
        self.refuses: set[str] = set()
        """Jobs whose logins are somebody else's."""

    def in_region(self, region: str) -> "MemoryLogins":
        return self

    async def value(self, namespace: str, name: str) -> bytes:
        self._fail()
        if (namespace, name) not in self.secrets:
            raise NoSuchSecretError(name)
        return self.secrets[namespace, name]

    async def keep(self, namespace: str, job_id: str, login: RegistryLogin) -> TaskLogin:
        if job_id in self.refuses:
            raise RejectedError(f"the login of {job_id} is not ours to write")
        self.kept[namespace, job_id] = login
        self.writes += 1
        return TaskLogin(nomad_block(job_id))

    async def forget(self, namespace: str, job_id: str) -> None:
        self._fail()
        self.kept.pop((namespace, job_id), None)

    async def jobs(self, namespace: str) -> list[str]:
        self._fail()
        return [job_id for found, job_id in self.kept if found == namespace]

    def _fail(self) -> None:
        if self.failure:
            raise self.failure


def logins_of(functions: Functions, store: MemoryLogins | None = None) -> RegistryLogins:
    """Return registry logins for tests of something else."""

    async def policy(region: str = "") -> JobPolicy:
        return JobPolicy(driver="docker")

    nomad = MemoryNomad()
    return RegistryLogins(
        store or MemoryLogins(),
        functions,
        nomad,  # type: ignore[arg-type]
        policy,
        lambda: 0.0,
    )
