"""GETs over kept connections, against a scripted server on a Unix socket and on TCP."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from faas_nomad.clients.errors import DeniedError, NotFoundError, UnreachableError
from faas_nomad.clients.errors import UnexpectedReplyError as Unexpected
from faas_nomad.clients.lean_get import MAX_BODY_BYTES, LeanGetter, place_of
from faas_nomad.clients.tls import TlsFiles

COUNTED = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n"
CLOSING = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class Server:
    """Answers each request with the next of `answers`, the last for ever; "" closes instead."""

    def __init__(self) -> None:
        self.answers = [COUNTED]
        self.heads: list[bytes] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                self.heads.append(head)
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                if not answer:
                    break
                writer.write(answer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    scripted = Server()
    listening = await asyncio.start_unix_server(scripted.serve, tmp_path / "s")
    yield scripted
    listening.close()


@pytest.fixture
async def getter(tmp_path: Path, server: Server) -> AsyncIterator[LeanGetter]:
    place = place_of(f"unix://{tmp_path}/s", TlsFiles())
    made = LeanGetter("Nomad", place, lambda: {"X-Nomad-Token": "t"})
    yield made
    made.close()


@pytest.mark.parametrize("answer", [COUNTED, CHUNKED])
async def test_connections_are_kept(server: Server, getter: LeanGetter, answer: bytes) -> None:
    server.answers = [answer]

    assert [await getter.get("/a?b=c", 5) for _ in range(3)] == [b"ok"] * 3

    assert server.connections == 1
    assert server.heads[0].startswith(b"GET /a?b=c HTTP/1.1\r\nHost: localhost\r\n")
    assert b"\r\nX-Nomad-Token: t\r\n" in server.heads[0]


@pytest.mark.parametrize("before", [b"HTTP/1.1 100 Continue", b"HTTP/1.1 103 Early Hints"])
async def test_what_comes_before_an_answer_is_passed_over(
    server: Server, getter: LeanGetter, before: bytes
) -> None:
    server.answers = [before + b"\r\n\r\n" + COUNTED]

    assert [await getter.get("/", 5) for _ in range(2)] == [b"ok"] * 2

    assert server.connections == 1


@pytest.mark.parametrize("behind", [b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno", b"HTTP/"])
async def test_what_comes_behind_an_answer_is_nobody_s(
    server: Server, getter: LeanGetter, behind: bytes
) -> None:
    server.answers = [COUNTED + behind]

    assert [await getter.get("/", 5) for _ in range(2)] == [b"ok"] * 2

    assert server.connections == 2


async def test_calls_at_once_have_a_connection_each(server: Server, getter: LeanGetter) -> None:
    await asyncio.gather(*(getter.get("/", 5) for _ in range(3)))

    assert server.connections == 3


@pytest.mark.parametrize("first", [CLOSING, COUNTED])
async def test_a_connection_that_was_closed_is_replaced(
    server: Server, getter: LeanGetter, first: bytes
) -> None:
    server.answers = [first, b"", COUNTED] if first is COUNTED else [first, COUNTED]
    await getter.get("/", 5)

    assert await getter.get("/", 5) == b"ok"
    assert server.connections == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\nUnknown\nlots", NotFoundError),
        (b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", DeniedError),
        (b"", UnreachableError),
        (b"SSH-2.0-x\r\n\r\n", Unexpected),
        (
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n",
            Unexpected,
        ),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 2000000\r\n\r\n" + b"x" * MAX_BODY_BYTES + b"yy",
            Unexpected,
        ),
    ],
)
async def test_what_goes_wrong_has_its_name_in_one_line(
    server: Server, getter: LeanGetter, answer: bytes, error: type[Exception]
) -> None:
    server.answers = [answer]

    with pytest.raises(error) as raised:
        await getter.get("/", 5)

    assert "\n" not in str(raised.value)


async def test_a_server_that_says_nothing_ends_in_time(server: Server, getter: LeanGetter) -> None:
    server.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"]

    with pytest.raises(UnreachableError, match="TimeoutError"):
        await getter.get("/", 0.05)


async def test_nobody_there_is_unreachable(tmp_path: Path) -> None:
    place = place_of(f"unix://{tmp_path}/nobody", TlsFiles())

    with pytest.raises(UnreachableError):
        await LeanGetter("Nomad", place, dict).get("/", 5)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://10.0.0.1:4646", ("10.0.0.1", 4646, "", False)),
        ("http://nomad/base/", ("nomad", 80, "/base", False)),
        ("https://[::1]", ("::1", 443, "", True)),
    ],
)
def test_places_are_read_from_addresses(address: str, expected: tuple[str, int, str, bool]) -> None:
    place = place_of(address, TlsFiles())

    assert (place.host, place.port, place.base, place.tls is not None) == expected


def test_a_certificate_is_checked_for_the_name_that_is_set() -> None:
    assert place_of(
        "https://10.0.0.1", TlsFiles(server_name="server.global.nomad")
    ).server_name == ("server.global.nomad")
