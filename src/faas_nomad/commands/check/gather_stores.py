"""Asks Vault and Consul what `judge_stores` judges; only those that the settings use."""

import time
from collections.abc import Mapping
from dataclasses import replace

import httpx

from faas_nomad.clients.errors import BackendError
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.vault import VaultConnection
from faas_nomad.clients.vault_address import DEFAULT_ADDRESS, known_to
from faas_nomad.clients.vault_kv import VaultKv
from faas_nomad.clients.vault_session import VaultSession
from faas_nomad.commands.check.facts import Answer, ConsulFacts, Problem, VaultFacts
from faas_nomad.commands.check.gather_connection import Clock, ask, look
from faas_nomad.settings.consul import ConsulSettings
from faas_nomad.settings.mesh import MeshSettings
from faas_nomad.settings.page import Settings
from faas_nomad.settings.vault import VaultSettings
from faas_nomad.wiring import vault as vault_wiring
from faas_nomad.wiring.discovery import consul_client
from faas_nomad.wiring.nomad import nomad_client

_HEALTH = "/v1/sys/health?standbyok=true&perfstandbyok=true"


async def gather_vault(settings: Settings, clock: Clock = time.time) -> VaultFacts:
    """Return what Vault says: whether it is unsealed, lets us in, and has a place for secrets."""
    vault = replace(settings.vault, addr=settings.vault.addr or await _vault_address(settings))
    connection = await look(vault.addr, _tls(vault), _HEALTH, vault.timeout_s, clock)
    if connection.problem is not Problem.NONE or connection.status >= 500:
        return VaultFacts(connection, health=connection.status)
    calls = VaultConnection(vault_wiring.vault_target(vault))
    try:
        session = VaultSession(calls, vault_wiring.vault_login(vault))
        login_refused = await _refusal_of_login(session)
        secrets_refused = "" if login_refused else await _refusal_of_secrets(session, vault)
    finally:
        calls.close()
    return VaultFacts(connection, connection.status, login_refused, secrets_refused)


async def gather_consul(settings: Settings, clock: Clock = time.time) -> ConsulFacts:
    """Return what Consul says of the token and the services."""
    consul = settings.consul
    connection = await look(consul.addr, _tls(consul), "/v1/status/leader", consul.timeout_s, clock)
    if connection.problem is not Problem.NONE:
        return ConsulFacts(connection)
    backend = consul_client(settings, lambda _name, _outcome: None).backend
    extensions = {"sni_hostname": backend.server_name} if backend.server_name else {}
    headers = backend.auth_headers()
    async with backend.client as client:
        return ConsulFacts(
            connection,
            token=await ask(client, "GET", "/v1/acl/token/self", headers, extensions),
            services=await ask(client, "GET", "/v1/catalog/services", headers, extensions),
            mesh=await _leaf(client, settings.mesh, headers, extensions),
        )


async def _leaf(
    client: httpx.AsyncClient,
    mesh: MeshSettings,
    headers: Mapping[str, str],
    extensions: Mapping[str, str],
) -> Answer | None:
    if mesh.use == "off":
        return None
    path = f"/v1/agent/connect/ca/leaf/{mesh.service}"
    found = await ask(client, "GET", path, headers, extensions)
    return Answer(found.status, found.text)  # the rest is a key


async def _vault_address(settings: Settings) -> str:
    nomad = nomad_client(settings, lambda _name, _outcome: None)
    try:
        return await known_to(nomad)()
    except BackendError:
        return DEFAULT_ADDRESS  # what is wrong with Nomad is found elsewhere
    finally:
        await nomad.backend.client.aclose()


def _tls(backend: VaultSettings | ConsulSettings) -> TlsFiles:
    return TlsFiles(
        backend.ca_file,
        backend.ca_path,
        backend.cert_file,
        backend.key_file,
        backend.server_name,
        backend.skip_verify,
    )


async def _refusal_of_login(session: VaultSession) -> str:
    try:
        await session.call(lambda client: client.auth.token.lookup_self())
    except BackendError as err:
        return str(err)
    except (OSError, ValueError) as err:
        return f"the way to log in cannot be used: {err}"
    return ""


async def _refusal_of_secrets(session: VaultSession, vault: VaultSettings) -> str:
    version = 0 if vault.kv_version == "auto" else int(vault.kv_version)
    kv = VaultKv(session, vault.secret_path_prefix, version)
    try:
        await kv.names((await kv.place()).directory(""))
    except BackendError as err:
        return str(err)
    return ""
