import pytest

from faas_nomad.watchdog.errors import HttpError
from faas_nomad.watchdog.head import HEADERS_LIMIT, head_bytes
from faas_nomad.watchdog.request import Request


def request(first: str = "GET / HTTP/1.1", *lines: str) -> Request:
    return Request("\r\n".join([first, "Host: f", *lines]))


def test_headers_without_end_are_refused() -> None:
    with pytest.raises(HttpError) as refused:
        request("GET / HTTP/1.1", *["A: b"] * HEADERS_LIMIT)

    assert refused.value.status == 431


def test_only_what_concerns_the_other_end_is_forwarded() -> None:
    read = request(
        "GET / HTTP/1.1", "Connection: close, X-Hop", "X-Hop: 1", "TE: trailers",
        "Upgrade: x", "Keep-Alive: 1", "X-Stays: 1",
    )  # fmt: skip

    assert read.forwarded() == [("Host", "f"), ("X-Stays", "1")]
    assert not read.keep_alive


def test_a_head_is_written_in_latin_1() -> None:
    assert head_bytes("HTTP/1.1 200 OK", [("A", "é")]) == b"HTTP/1.1 200 OK\r\nA: \xe9\r\n\r\n"
