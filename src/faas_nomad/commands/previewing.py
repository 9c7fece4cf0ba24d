"""The parts that `render` and `plan` need, wired as the service wires them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faas_nomad.commands.outcome import CommandError
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.previews import Previews
from faas_nomad.settings.page import Settings
from faas_nomad.wiring import secrets as secrets_wiring
from faas_nomad.wiring.jobs import cluster_policy, names_from
from faas_nomad.wiring.parts import build


@asynccontextmanager
async def open_previews(settings: Settings) -> AsyncIterator[Previews]:
    """Give previews on the Nomad of the settings. Raises: CommandError: certificates unusable."""
    try:
        parts = build(settings, None)
    except OSError as err:
        raise CommandError(f"a certificate file cannot be used: {err}") from None
    names = names_from(settings)
    try:
        yield Previews(
            parts.nomad,
            names,
            cluster_policy(settings, parts.nomad).current,
            lambda key: secrets_wiring.expected_secrets(settings, names, key),
            parts.secrets.store,
        )
    finally:
        parts.secrets.close()
        await parts.nomad.backend.client.aclose()


def told(fn: FunctionDeployment, err: Exception) -> str:
    """Return a refusal with the function's name before it, printable and on one line."""
    text = " ".join(f"{fn.service}: {err}".split())
    return "".join(char if char.isprintable() else "?" for char in text)
