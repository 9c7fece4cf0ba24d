from collections.abc import Callable
from typing import cast

import pytest

from faas_nomad.watchdog.call import Call
from faas_nomad.watchdog.errors import HttpError, TruncatedError
from faas_nomad.watchdog.function_answer import Answer
from faas_nomad.watchdog.request import Request


class FakeCall:
    """As much of a call as an answer looks at."""

    def __init__(self, head: str, closing: bool) -> None:
        self.request = Request(head)
        self.status = 0
        self.size = 0
        self.closing: Callable[[], bool] = lambda: closing

    def duration_header(self) -> tuple[str, str]:
        return ("X-Duration-Seconds", "1")


def answer(head: str = "GET / HTTP/1.1\r\nHost: f", *, closing: bool = False) -> Answer:
    return Answer(cast(Call, FakeCall(head, closing)))


def fed_bytewise(target: Answer, data: bytes) -> bytes:
    return b"".join(target.feed(data[at : at + 1]) for at in range(len(data)))


def test_a_measured_answer_passes_as_it_is() -> None:
    target = answer()

    sent = fed_bytewise(target, b"HTTP/1.1 201 Made\r\nContent-Length: 3\r\nA: b\r\n\r\nabc")

    assert sent == (
        b"HTTP/1.1 201 Made\r\nContent-Length: 3\r\nA: b\r\nX-Duration-Seconds: 1\r\n\r\nabc"
    )
    assert target.done


def test_a_chunked_answer_is_framed_anew() -> None:
    target = answer(closing=True)

    sent = target.feed(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n2\r\nbc\r\n0\r\n\r\n"
    )

    head, _, body = sent.partition(b"\r\n\r\n")
    assert head.endswith(b"\r\nTransfer-Encoding: chunked\r\nConnection: close")
    assert body == b"3\r\nabc\r\n0\r\n\r\n"
    assert target.done


def test_an_old_client_gets_no_chunks() -> None:
    target = answer("GET / HTTP/1.0")

    sent = target.feed(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
    )

    assert b"chunked" not in sent
    assert sent.endswith(b"\r\n\r\nabc")


def test_the_close_ends_an_answer_that_lasts_until_it() -> None:
    target = answer()
    sent = target.feed(b"HTTP/1.1 200 OK\r\n\r\nabc")

    assert sent.endswith(b"3\r\nabc\r\n")
    assert not target.done
    target.eof()
    assert target.done
    assert target.last() == b"0\r\n\r\n"


@pytest.mark.parametrize(
    "data", [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\na"]
)
def test_an_early_end_is_noticed(data: bytes) -> None:
    target = answer()
    target.feed(data)

    with pytest.raises(TruncatedError):
        target.eof()


def test_no_length_stands_in_a_204() -> None:
    sent = answer().feed(b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n")

    assert b"Content-Length" not in sent


def test_a_protocol_is_switched_only_where_that_was_asked_for() -> None:
    switch = b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\nmore"
    asked = answer("GET / HTTP/1.1\r\nHost: f\r\nUpgrade: x\r\nConnection: upgrade")

    assert b"\r\nConnection: Upgrade\r\nUpgrade: x\r\n" in asked.feed(switch)
    assert (asked.done, asked.rest) == (True, b"more")
    with pytest.raises(HttpError):
        answer().feed(switch)


def test_a_malformed_body_is_a_502() -> None:
    target = answer()
    target.feed(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")

    with pytest.raises(HttpError) as refused:
        target.feed(b"zz\r\n")
    assert refused.value.status == 502


def test_bytes_behind_an_answer_are_told() -> None:
    target = answer()
    target.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nabc")

    assert target.behind() == b"bc"
