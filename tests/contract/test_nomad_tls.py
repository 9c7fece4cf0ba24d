"""Mutual TLS against a real Nomad server: who is let in, and what is said to who is not."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import replace

import pytest

from faas_nomad.clients.connections import open_client
from faas_nomad.clients.errors import UnreachableError
from faas_nomad.clients.http import Backend
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.tokens import FixedToken
from support.nomad_binary import require_nomad
from support.nomad_tls import TlsNomad, run_tls_nomad

pytestmark = pytest.mark.real
Ask = Callable[..., Awaitable[str]]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsNomad]:
    binary = require_nomad()
    with run_tls_nomad(binary, tmp_path_factory.mktemp("tls-nomad-")) as running:
        yield running


@pytest.fixture
async def leader(server: TlsNomad) -> AsyncIterator[Ask]:
    """Ask for the leader at an address, with the client's files changed as told."""
    opened = []

    async def ask(host: str = "127.0.0.1", **changed: str | bool) -> str:
        files = replace(
            TlsFiles(server.ca_file, "", server.cert_file, server.key_file),
            **changed,  # type: ignore[arg-type]
        )
        client = open_client(f"https://{host}:{server.port}", files, timeout_s=5)
        opened.append(client)
        backend = Backend(
            "Nomad",
            client,
            FixedToken(),
            token_header="X-Nomad-Token",
            timeout_s=5,
            server_name=files.server_name,
        )
        return await NomadClient(backend).read_leader(within_s=1.5)

    yield ask
    await asyncio.gather(*(client.aclose() for client in opened))


async def test_a_client_with_its_certificate_is_let_in(leader: Ask) -> None:
    assert (await leader()).startswith("127.0.0.1:")


async def test_the_server_may_be_known_by_its_role_s_name(leader: Ask) -> None:
    assert await leader(server_name="server.global.nomad")


async def test_another_name_than_the_certificate_s_is_refused(leader: Ask) -> None:
    with pytest.raises(UnreachableError, match="certificate"):
        await leader(server_name="somebody.else")


async def test_a_client_without_certificate_is_told_so(leader: Ask) -> None:
    with pytest.raises(UnreachableError, match=r"(?i)certificate|read"):
        await leader(cert_file="", key_file="")


async def test_a_server_of_another_authority_is_refused(leader: Ask) -> None:
    with pytest.raises(UnreachableError, match=r"(?i)certificate"):
        await leader(ca_file="")


async def test_skipping_verification_takes_any_server(leader: Ask) -> None:
    assert await leader(ca_file="", skip_verify=True)
