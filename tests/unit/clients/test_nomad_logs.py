"""Nomad's log frames and its refusals."""

import base64
import json
from collections.abc import Iterator

import httpx
import pytest
import respx

from faas_nomad.clients.errors import DeniedError, NotFoundError, UnreachableError
from faas_nomad.clients.http import Backend
from faas_nomad.clients.nomad_logs import MAX_FRAME_BYTES, FrameDecoder, NomadLogs, NotStartedError
from faas_nomad.clients.tokens import FixedToken

ADDRESS = "http://nomad"


def frame(data: bytes) -> bytes:
    said = {"Data": base64.b64encode(data).decode(), "File": "alloc/logs/fn.stdout.0", "Offset": 7}
    return json.dumps(said, separators=(",", ":")).encode()


@pytest.fixture
def nomad() -> Iterator[respx.MockRouter]:
    with respx.mock(base_url=ADDRESS) as mocked:
        yield mocked


@pytest.fixture
async def logs() -> "NomadLogs":
    client = httpx.AsyncClient(base_url=ADDRESS)
    backend = Backend("Nomad", client, FixedToken("t"), token_header="X-Nomad-Token", timeout_s=1)
    return NomadLogs(backend, region="eu")


async def follow(logs: NomadLogs, found: list[bytes]) -> None:
    async with logs.follow("id", "stdout", 100) as pieces:
        async for piece in pieces:
            found.append(piece)  # noqa: PERF401 - what came before an error is looked at


def test_frames_are_found_wherever_they_are_cut() -> None:
    stream = frame(b"one\n") + b"{}" + frame(b"t\xff") + b"\n{}"
    for at in range(len(stream)):
        decoder = FrameDecoder()
        found = decoder.take(stream[:at]) + decoder.take(stream[at:])
        assert found == [b"one\n", b"", b"t\xff", b""]


@pytest.mark.parametrize("junk", [b"{not json}", b'{"Data":"%%%"}', b'["a"}', b'{"Data":1}'])
def test_what_is_no_frame_breaks_the_stream(junk: bytes) -> None:
    with pytest.raises(UnreachableError, match="said"):
        FrameDecoder().take(junk)


def test_a_frame_without_an_end_is_not_held_for_ever() -> None:
    with pytest.raises(UnreachableError):
        FrameDecoder().take(b"{" + b"a" * (MAX_FRAME_BYTES + 1))


async def test_an_error_behind_the_frames_is_told(nomad: respx.MockRouter, logs: NomadLogs) -> None:
    nomad.get(path__startswith="/v1/client/fs/logs/").respond(
        200, content=frame(b"a") + b"No path to node"
    )
    found: list[bytes] = []

    with pytest.raises(UnreachableError, match="ended: No path to node"):
        await follow(logs, found)

    assert found == [b"a"]
    assert logs.connections == 0


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (404, 'task "fn" not started yet. No logs available', NotStartedError),
        (404, 'log entry for task "fn" and log type "stdout" not found', NotStartedError),
        (404, 'Unknown allocation "id"', NotFoundError),
        (404, "No path to node", UnreachableError),
        (403, "Permission denied", DeniedError),
    ],
)
async def test_refusals_are_told_apart(
    nomad: respx.MockRouter, logs: NomadLogs, status: int, text: str, error: type[Exception]
) -> None:
    nomad.get(path__startswith="/v1/client/fs/logs/").respond(status, text=text)

    with pytest.raises(error) as refused:
        await logs.read("id", "stdout", 100)

    assert type(refused.value) is error
    assert text in str(refused.value)
    assert ("read-logs" in str(refused.value)) is (status == 403)


async def test_a_read_asks_for_the_end_of_the_output(
    nomad: respx.MockRouter, logs: NomadLogs
) -> None:
    route = nomad.get("/v1/client/fs/logs/id").respond(200, content=b"end\n")

    assert await logs.read("id", "stderr", 100) == b"end\n"

    asked = dict(route.calls.last.request.url.params)
    assert asked == {
        "region": "eu",
        "task": "fn",
        "type": "stderr",
        "origin": "end",
        "offset": "100",
        "follow": "false",
        "plain": "true",
    }
    assert route.calls.last.request.headers["x-nomad-token"] == "t"
