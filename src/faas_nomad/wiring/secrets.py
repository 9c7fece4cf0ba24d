"""Settings → where secrets are kept, and what keeps that in order; opens no connection yet."""

import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Never

from faas_nomad.clients.login_store import LoginStore
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.nomad_registry_logins import NomadLogins
from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.nomad_secrets import NomadSecretStore
from faas_nomad.clients.nomad_variables import NomadVariables
from faas_nomad.clients.secret_store import SecretStore
from faas_nomad.operations.secret_repair import SecretRepair
from faas_nomad.settings.page import Settings
from faas_nomad.state.backends import Backends
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey
from faas_nomad.tasks.token_renewal import keep_token_alive
from faas_nomad.translate.names import Names
from faas_nomad.translate.registry_logins import TaskLogin, vault_block_of
from faas_nomad.translate.secret_files import TaskSecrets, own_variables
from faas_nomad.translate.secret_variables import copy_paths, generation_key
from faas_nomad.translate.vault_secrets import (
    TaskAuth,
    login_folder,
    place_of,
    secret_folder,
    vault_block,
    vault_template,
)

if TYPE_CHECKING:
    from faas_nomad.clients.vault import VaultConnection
    from faas_nomad.clients.vault_session import VaultSession


@dataclass(frozen=True)
class Secrets:
    """The store of function secrets and what keeps it in order."""

    store: SecretStore
    logins: LoginStore
    repair: SecretRepair
    vault: "VaultSession | None" = None
    connections: "list[VaultConnection]" = field(default_factory=list)

    def forever(self) -> list[Coroutine[Any, Any, Never]]:
        """Return the tasks that the store needs beside its repair."""
        return [keep_token_alive(self.vault)] if self.vault else []

    def close(self) -> None:
        """Let go of worker threads."""
        for connection in self.connections:
            connection.close()


def secrets_of(
    settings: Settings, nomad: NomadClient, functions: Functions, backends: Backends
) -> Secrets:
    """Return secrets kept where the settings say."""
    variables = NomadVariables(nomad.backend, region=nomad.region)
    copies = SecretCopies(variables)
    if settings.functions.secrets_backend == "nomad":
        repair = SecretRepair(variables, copies, functions, nomad, time.time_ns)
        logins = NomadLogins(variables, settings.job.name_prefix)
        return Secrets(NomadSecretStore(variables, copies), logins, repair)
    # Here, as its library costs 7 MB that services without Vault never need.
    from faas_nomad.wiring.vault import vault_parts

    vault = vault_parts(settings, nomad, functions, backends, copies)
    repair = SecretRepair(variables, copies, functions, nomad, time.time_ns, elsewhere=vault.store)
    return Secrets(vault.store, vault.logins, repair, vault.session, [vault.connection])


def expected_secrets(settings: Settings, names: Names, key: JobKey) -> TaskSecrets:
    """Return how a job's task will read its secrets, asking nobody.

    Where the settings leave it open, KV is version 2 and its mount one word, as Vault has it.
    """
    if settings.functions.secrets_backend == "nomad":
        return own_variables(key.job_id)
    vault = settings.vault
    version = 2 if vault.kv_version == "auto" else int(vault.kv_version)
    prefix = vault.secret_path_prefix
    place = place_of(prefix, prefix.split("/")[0], version)
    folder = secret_folder(key.namespace, names.nomad_namespace)
    block = vault_block(TaskAuth(vault.job_role, vault.default_policy))
    login_at = place.read_path(login_folder(key.namespace), key.job_id)
    variable = copy_paths(key.job_id)[0]
    return TaskSecrets(
        lambda name: vault_template(place, folder, name, variable, generation_key(name)),
        vault=block,
        login=TaskLogin(vault_block_of(login_at, version), block),
    )
