"""Answers are bounded in time and size, and read as what they are, whatever they say they are."""

import gzip
import json
from collections.abc import AsyncIterator
from typing import Any

import anyio
import httpx
import pytest

from faas_nomad.clients import whole_answers
from faas_nomad.clients.connections import open_client
from faas_nomad.clients.errors import InterruptedCallError, UnexpectedReplyError, UnreachableError
from faas_nomad.clients.http import Backend
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.tokens import FixedToken
from faas_nomad.clients.whole_answers import json_value

TEXT = b'{"a": 1}'


class Drips(httpx.AsyncByteStream):
    """A body that goes on for ever, byte by byte: no pause is longer than any time limit."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await anyio.sleep(0.001)
            yield b" "


def backend(answer: httpx.Response, timeout_s: float = 0.1) -> Backend:
    """Return one whose only answer that is."""
    client = open_client("http://nomad", TlsFiles(), timeout_s)
    client._transport = httpx.MockTransport(lambda _request: answer)
    return Backend("Nomad", client, FixedToken("t"), token_header="T", timeout_s=timeout_s)


async def test_a_body_without_an_end_is_given_up_in_time() -> None:
    with pytest.raises(InterruptedCallError, match="TimeoutError"):
        await backend(httpx.Response(200, stream=Drips())).request("GET", "/")


async def test_a_body_of_any_size_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whole_answers, "MAX_BODY_BYTES", 1000)

    with pytest.raises(UnexpectedReplyError, match="over 1000 bytes"):
        await backend(httpx.Response(200, stream=Drips()), timeout_s=30).request("GET", "/")


async def test_what_is_packed_as_asked_is_unpacked() -> None:
    packed = httpx.Response(
        200, headers={"Content-Encoding": "gzip"}, stream=httpx.ByteStream(gzip.compress(TEXT))
    )

    assert (await backend(packed).request("GET", "/")).json() == {"a": 1}


@pytest.mark.parametrize(
    ("encoding", "error"), [("gzip", UnreachableError), ("gzip, gzip", UnexpectedReplyError)]
)
async def test_what_is_packed_otherwise_is_told(encoding: str, error: type[Exception]) -> None:
    packed = httpx.Response(
        200, headers={"Content-Encoding": encoding}, stream=httpx.ByteStream(TEXT)
    )

    with pytest.raises(error):
        await backend(packed).request("GET", "/", repeatable=False)


@pytest.mark.parametrize("charset", ["hex", "rot13", "undefined"])
async def test_a_refusal_is_text_whatever_its_charset(charset: str) -> None:
    headers = {"Content-Type": f"text/plain; charset={charset}"}

    with pytest.raises(UnreachableError, match="answered 503: away"):
        await backend(httpx.Response(503, headers=headers, content=b"away")).request("GET", "/")


@pytest.mark.parametrize("place", ["javascript:x", "http://[::", "//", "?" + "a" * 70000])
async def test_where_a_redirect_leads_does_not_matter(place: str) -> None:
    with pytest.raises(Exception, match="Nomad answered 307"):
        await backend(httpx.Response(307, headers={"Location": place})).request("GET", "/")


async def test_cookies_are_not_kept() -> None:
    asked = backend(httpx.Response(200, headers={"Set-Cookie": "a=b"}, content=TEXT))

    await asked.request("GET", "/")

    assert not list(asked.client.cookies.jar)


@pytest.mark.parametrize("sent", [{"a": float("inf")}, {"a": "\ud83d"}, {"\ud83d": 1}])
async def test_what_cannot_be_sent_is_told(sent: Any) -> None:
    with pytest.raises(UnexpectedReplyError, match="cannot be asked"):
        await backend(httpx.Response(200)).request("POST", "/", json=sent)


@pytest.mark.parametrize("path", ["/v1/job/\x00", "/v1/job/\ud83d"])
async def test_what_cannot_be_asked_for_is_told(path: str) -> None:
    with pytest.raises(UnexpectedReplyError, match="cannot be asked"):
        await backend(httpx.Response(200)).request("GET", path)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"NaN",
        b"[-Infinity]",
        b"9" * 5000,
        b"[" * 100_000 + b"]" * 100_000,
        b'"\\ud83d"',
        b'{"\\uDE00": 1}',
        b"\xff\xfe",
    ],
)
def test_what_no_program_writes_is_no_json(text: bytes) -> None:
    with pytest.raises(UnexpectedReplyError, match="Nomad's answer is no JSON"):
        json_value(text, "Nomad's answer")


def test_a_whole_character_in_two_halves_is_json() -> None:
    assert json_value(json.dumps("\U0001f600").encode(), "Nomad's answer") == "\U0001f600"
