"""Where Vault is when the settings do not say: what the Nomad agent was told.

Source: nomad `command/agent/config.go` (Vaults; Vault before 1.7) as `/v1/agent/self` shows it.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from faas_nomad.clients.errors import DeniedError
from faas_nomad.clients.nomad import NomadClient

log = structlog.get_logger()

DEFAULT_ADDRESS = "https://127.0.0.1:8200"
"""Vault's own default."""

FindVault = Callable[[], Awaitable[str]]


def address_in(agent: Mapping[str, Any]) -> str:
    """Return the address of the Vault that an agent uses, empty when it uses none; pure."""
    config = agent.get("config") or {}
    vaults = [*(config.get("Vaults") or ()), config.get("Vault") or {}]
    used = [vault for vault in vaults if vault.get("Enabled") and vault.get("Addr")]
    used.sort(key=lambda vault: vault.get("Name", "default") != "default")
    return str(used[0]["Addr"]).removesuffix("/") if used else ""


def known_to(nomad: NomadClient) -> FindVault:
    """Return what asks that Nomad's agent; without the right to ask, Vault's default is assumed.

    It raises BackendError when Nomad cannot be asked.
    """

    async def find() -> str:
        try:
            address = address_in(await nomad.read_agent())
        except DeniedError as err:
            log.warning("the Nomad agent does not say where Vault is", reason=str(err))
            address = ""
        log.info("Vault's address", address=address or DEFAULT_ADDRESS, from_nomad=bool(address))
        return address or DEFAULT_ADDRESS

    return find
