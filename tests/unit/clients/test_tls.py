"""Certificates that are replaced while a client lives, before a server that wants one."""

import asyncio
import itertools
import shutil
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from faas_nomad.clients.connections import open_client
from faas_nomad.clients.errors import UnreachableError
from faas_nomad.clients.lean_get import LeanGetter, place_of
from faas_nomad.clients.tls import LOOK_EVERY_S, FollowedTls, FollowingTransport, TlsFiles
from support.certificates import Authority, make_authority

_SERIAL = itertools.count()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Authority, Authority]:
    folder = tmp_path_factory.mktemp("ca")
    return make_authority(folder / "right"), make_authority(folder / "wrong")


class Server:
    """Speaks TLS with callers of its own authority; `slow` answers wait for `go_on`."""

    def __init__(self) -> None:
        self.port = 0
        self.go_on = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                writer.write(ANSWER[:-1])
                if b"/slow" in head:
                    await self.go_on.wait()
                writer.write(ANSWER[-1:])
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server(authorities: tuple[Authority, Authority]) -> AsyncIterator[Server]:
    right, _ = authorities
    shown = right.issue(f"server-{next(_SERIAL)}")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(right.ca_file))
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_cert_chain(shown.cert_file, shown.key_file)
    running = Server()
    listening = await asyncio.start_server(running.serve, "127.0.0.1", 0, ssl=context)
    running.port = listening.sockets[0].getsockname()[1]
    yield running
    running.go_on.set()
    listening.close()


def put(folder: Path, authority: Authority) -> TlsFiles:
    """Write the authority and a client's pair as rotation does: by renaming onto the names."""
    pair = authority.issue(f"client-{next(_SERIAL)}")
    for name, source in (
        ("ca.pem", authority.ca_file),
        ("cert.pem", pair.cert_file),
        ("key.pem", pair.key_file),
    ):
        shutil.copy(source, folder / f"new-{name}")
        (folder / f"new-{name}").replace(folder / name)
    return TlsFiles(str(folder / "ca.pem"), "", str(folder / "cert.pem"), str(folder / "key.pem"))


async def until_ok(client: httpx.AsyncClient) -> None:
    async with asyncio.timeout(20):
        while True:
            try:
                reply = await client.get("/")
                assert reply.text == "ok"
                return
            except (httpx.TransportError, ssl.SSLError):
                await asyncio.sleep(0.05)


async def test_an_authority_and_a_pair_that_were_replaced_are_used(
    tmp_path: Path, authorities: tuple[Authority, Authority], server: Server
) -> None:
    right, wrong = authorities
    files = put(tmp_path, wrong)
    async with open_client(f"https://127.0.0.1:{server.port}", files, 5) as client:
        with pytest.raises((httpx.TransportError, ssl.SSLError)):
            await client.get("/")

        put(tmp_path, right)

        await until_ok(client)


async def test_reads_of_usage_use_certificates_that_were_replaced(
    tmp_path: Path, authorities: tuple[Authority, Authority], server: Server
) -> None:
    right, wrong = authorities
    place = place_of(f"https://127.0.0.1:{server.port}", put(tmp_path, wrong))
    getter = LeanGetter("Nomad", place, dict)
    with pytest.raises(UnreachableError):
        await getter.get("/", 5)

    put(tmp_path, right)

    async with asyncio.timeout(20):
        while True:
            try:
                assert await getter.get("/", 5) == b"ok"
                break
            except UnreachableError:
                await asyncio.sleep(0.05)
    getter.close()


async def test_an_answer_under_way_is_not_cut_by_new_certificates(
    tmp_path: Path, authorities: tuple[Authority, Authority], server: Server
) -> None:
    right, _ = authorities
    files = put(tmp_path, right)
    clock = [0.0]
    tls = FollowedTls(files, lambda: clock[0])
    before = tls()
    transport, base_url = (
        FollowingTransport(tls, httpx.Limits()),
        f"https://127.0.0.1:{server.port}",
    )
    async with (
        httpx.AsyncClient(transport=transport, base_url=base_url, timeout=20) as client,
        client.stream("GET", "/slow") as slow,
    ):
        put(tmp_path, right)
        clock[0] += LOOK_EVERY_S
        assert tls() is not before
        assert (await client.get("/")).text == "ok"
        server.go_on.set()
        assert await slow.aread() == b"ok"


def test_files_that_cannot_be_used_leave_the_old_certificates_in_use(
    tmp_path: Path, authorities: tuple[Authority, Authority]
) -> None:
    right, wrong = authorities
    files = put(tmp_path, right)
    clock = [0.0]
    tls = FollowedTls(files, lambda: clock[0])
    first = tls()

    def later() -> ssl.SSLContext:
        clock[0] += LOOK_EVERY_S
        return tls()

    assert later() is first
    (tmp_path / "key.pem").write_bytes(wrong.issue("other").key_file.read_bytes())
    assert later() is first
    (tmp_path / "cert.pem").unlink()
    assert later() is first
    put(tmp_path, right)
    assert later() is not first
