"""The control plane on an in-memory Nomad."""

from collections.abc import AsyncIterator

import httpx
import pytest

from faas_nomad.api.app import control_plane
from faas_nomad.api.services import BasicAuth
from support.control_plane import ControlPlane, Opened, build_services
from support.memory_nomad import MemoryNomad


@pytest.fixture
async def opened() -> AsyncIterator[Opened]:
    clients: list[httpx.AsyncClient] = []

    def open_(auth: BasicAuth | None = None, max_body_bytes: int = 1 << 20) -> ControlPlane:
        nomad = MemoryNomad()
        services = build_services(nomad, auth, max_body_bytes)
        transport = httpx.ASGITransport(control_plane(services))
        client = httpx.AsyncClient(transport=transport, base_url="http://control")
        clients.append(client)
        return ControlPlane(client, nomad, services)

    yield open_
    for client in clients:
        await client.aclose()


@pytest.fixture
def plane(opened: Opened) -> ControlPlane:
    return opened()
