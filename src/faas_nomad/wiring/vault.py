"""Settings → secrets kept in Vault; imported where they are, as its library is large."""

import time
from dataclasses import dataclass

from faas_nomad.clients.errors import (
    BackendError,
    DeniedError,
    UnexpectedReplyError,
    UnreachableError,
)
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.nomad_variables import NomadVariables
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.vault import VaultConnection, VaultTarget
from faas_nomad.clients.vault_address import known_to
from faas_nomad.clients.vault_generations import SecretGenerations
from faas_nomad.clients.vault_kv import VaultKv
from faas_nomad.clients.vault_login import AppRoleLogin, JwtLogin, Login, TokenLogin
from faas_nomad.clients.vault_registry_logins import VaultLogins
from faas_nomad.clients.vault_secrets import VaultSecretStore
from faas_nomad.clients.vault_session import VaultSession
from faas_nomad.settings.checks import vault_logins
from faas_nomad.settings.page import Settings
from faas_nomad.settings.vault import VaultSettings
from faas_nomad.state.backends import Backends
from faas_nomad.state.functions import Functions
from faas_nomad.translate.vault_secrets import TaskAuth


@dataclass(frozen=True)
class VaultParts:
    """Secrets and registry logins in Vault, and what is to be kept alive and closed."""

    store: VaultSecretStore
    logins: VaultLogins
    session: VaultSession
    connection: VaultConnection


def vault_parts(
    settings: Settings,
    nomad: NomadClient,
    functions: Functions,
    backends: Backends,
    copies: SecretCopies,
) -> VaultParts:
    """Return the parts, wired; opens no connection yet."""
    vault = settings.vault
    connection = VaultConnection(vault_target(vault), known_to(nomad))
    session = VaultSession(connection, vault_login(vault), VaultObserver(backends))
    version = 0 if vault.kv_version == "auto" else int(vault.kv_version)
    kv = VaultKv(session, vault.secret_path_prefix, version)
    auth = TaskAuth(vault.job_role, vault.default_policy)
    generations = SecretGenerations(NomadVariables(nomad.backend, region=nomad.region))
    store = VaultSecretStore(kv, generations, copies, functions.names, auth)
    return VaultParts(store, VaultLogins(kv, functions.names, auth), session, connection)


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
