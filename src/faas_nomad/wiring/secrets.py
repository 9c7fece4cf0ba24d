"""Settings → where secrets are kept, and what keeps that in order; opens no connection yet."""

import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Never

from faas_nomad.clients.errors import (
    BackendError,
    DeniedError,
    UnexpectedReplyError,
    UnreachableError,
)
from faas_nomad.clients.login_store import LoginStore
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.nomad_registry_logins import NomadLogins
from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.nomad_secrets import NomadSecretStore
from faas_nomad.clients.nomad_variables import NomadVariables
from faas_nomad.clients.secret_store import SecretStore
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.vault import VaultConnection, VaultTarget
from faas_nomad.clients.vault_address import known_to
from faas_nomad.clients.vault_generations import SecretGenerations
from faas_nomad.clients.vault_kv import VaultKv
from faas_nomad.clients.vault_login import AppRoleLogin, JwtLogin, Login, TokenLogin
from faas_nomad.clients.vault_registry_logins import VaultLogins
from faas_nomad.clients.vault_secrets import VaultSecretStore
from faas_nomad.clients.vault_session import VaultSession
from faas_nomad.operations.secret_repair import SecretRepair
from faas_nomad.settings.backends import VaultSettings
from faas_nomad.settings.checks import vault_logins
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


@dataclass(frozen=True)
class Secrets:
    """The store of function secrets and what keeps it in order."""

    store: SecretStore
    logins: LoginStore
    repair: SecretRepair
    vault: VaultSession | None = None
    connections: list[VaultConnection] = field(default_factory=list)

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
    is_nomad = settings.functions.secrets_backend == "nomad"
    repair = SecretRepair(variables, copies, functions, nomad, time.time_ns, has_masters=is_nomad)
    if is_nomad:
        logins = NomadLogins(variables, settings.job.name_prefix)
        return Secrets(NomadSecretStore(variables, copies), logins, repair)
    vault = settings.vault
    connection = VaultConnection(vault_target(vault), known_to(nomad))
    session = VaultSession(connection, vault_login(vault), VaultObserver(backends))
    version = 0 if vault.kv_version == "auto" else int(vault.kv_version)
    kv = VaultKv(session, vault.secret_path_prefix, version)
    auth = TaskAuth(vault.job_role, vault.default_policy)
    store = VaultSecretStore(kv, SecretGenerations(variables), copies, functions.names, auth)
    logins_in_vault = VaultLogins(kv, functions.names, auth)
    return Secrets(store, logins_in_vault, repair, session, [connection])


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


def vault_target(vault: VaultSettings) -> VaultTarget:
    """Return how to reach Vault."""
    return VaultTarget(
        address=vault.addr,
        namespace=vault.namespace,
        tls=TlsFiles(
            vault.ca_file,
            vault.ca_path,
            vault.cert_file,
            vault.key_file,
            vault.server_name,
            vault.skip_verify,
        ),
        timeout_s=vault.timeout_s,
    )


def vault_login(vault: VaultSettings) -> Login:
    """Return how to log in; the settings have at least one way."""
    way = vault_logins(vault)[0]
    if way == "jwt":
        return JwtLogin(vault.jwt_role, vault.jwt_file, vault.jwt_path)
    if way == "approle":
        return AppRoleLogin(
            vault.app_role_id,
            vault.app_secret_id,
            vault.app_secret_id_file,
            vault.app_secret_id_wrapped,
        )
    return TokenLogin(vault.token, vault.token_file)


@dataclass(frozen=True)
class VaultObserver:
    """Keeps how Vault stands, for `/healthz` and the metrics."""

    backends: Backends

    def __post_init__(self) -> None:
        self.backends.add("vault")  # it is told of before the first call

    def __call__(self, failure: BackendError | None, left_s: float | None) -> None:
        """Take one call's outcome; a missing or refused entry shows that Vault is there."""
        self.backends.called("vault", type(failure).__name__ if failure else "ok")
        state, now_s = self.backends.add("vault"), time.monotonic()
        state.token_ends_s = None if left_s is None else now_s + left_s
        if isinstance(failure, UnreachableError | DeniedError | UnexpectedReplyError):
            state.lost(now_s, str(failure))
        else:
            state.seen(now_s)
