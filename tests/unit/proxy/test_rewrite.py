import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.proxy.fields import REQUEST_BITS
from faas_nomad.proxy.request_head import RequestReader
from faas_nomad.proxy.response_head import ResponseReader
from faas_nomad.proxy.rewrite import (
    changed_answer,
    missing_answer_fields,
    plain_answer,
    request_message,
    switch_head,
)

TRACE = b"\r\nX-Call-Id: id\r\nX-Start-Time: 12"


def read_request(
    *lines: str, start: str = "GET /function/f/p HTTP/1.1"
) -> tuple[RequestReader, bytes]:
    head = "\r\n".join([start, "Host: a", *lines, "", ""]).encode()
    reader = RequestReader()
    reader.read(head, len(head), 128)
    return reader, head


def read_response(*lines: str, start: str = "HTTP/1.1 200 OK") -> tuple[ResponseReader, bytes]:
    head = "\r\n".join([start, *lines, "", ""]).encode()
    reader = ResponseReader()
    reader.read(head, len(head), False, 128)
    return reader, head


def sent(*lines: str) -> bytes:
    request, head = read_request(*lines)
    return request_message(request, b"\r\nOurs: 1", head, len(head), len(head))


def test_a_plain_request_goes_on_with_our_lines_in_front() -> None:
    assert sent("X: 1") == b"GET /p HTTP/1.1\r\nOurs: 1\r\nHost: a\r\nX: 1\r\n\r\n"


@pytest.mark.parametrize("cut", [[], ["Connection: keep-alive"]])
@pytest.mark.parametrize("size", [5, 100_000])
def test_the_part_of_the_body_that_is_there_goes_along(size: int, cut: list[str]) -> None:
    request, head = read_request(f"Content-Length: {size}", *cut)
    body = b"abcde" * (size // 5)
    message = request_message(request, b"", head + body + b"GET", len(head), len(head) + size)

    assert message == b"GET /p HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (size, body)


def test_a_body_that_looks_like_a_head_is_not_touched() -> None:
    request, head = read_request("Content-Length: 20", "Connection: x", "TE: a")
    body = b"\r\nTE: b\r\nX: 1\r\n\r\n   "[:20]
    message = request_message(request, b"", head + body, len(head), len(head) + 20)

    assert message.endswith(b"\r\n\r\n" + body)


def test_hop_by_hop_lines_are_cut_wherever_they_are() -> None:
    assert sent("TE: x", "A: 1", "Connection: b", "B: 2", "te: y", "Keep-Alive: 1") == (
        b"GET /p HTTP/1.1\r\nOurs: 1\r\nHost: a\r\nA: 1\r\n\r\n"
    )


def test_a_name_that_only_begins_like_one_is_kept() -> None:
    assert b"\r\nTEA: 1\r\n" in sent("TE: x", "TEA: 1")


def test_an_upgrade_is_offered_anew() -> None:
    message = sent("Connection: upgrade, X", "Upgrade: websocket", "X: 1")

    assert b"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" in message
    assert b"X: 1" not in message


HARMLESS = st.sampled_from(["A", "Te-A", "X-Te", "Cookie", "Forwarded"])
ENDING = st.sampled_from(["Te", "TE", "Keep-Alive", "Proxy-Authorization", "X-Forwarded-For"])
LINES = st.lists(
    st.tuples(
        st.one_of(HARMLESS, ENDING),
        st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=9),
    ),
    max_size=8,
)


@given(LINES)
def test_exactly_the_lines_that_end_here_are_missing(lines: list[tuple[str, str]]) -> None:
    message = sent(*(f"{name}: {value}" for name, value in lines))
    kept = [f"{n}: {v}" for n, v in lines if n.lower().encode() not in REQUEST_BITS]

    assert message.decode().split("\r\n")[3:-2] == kept


def test_a_plain_answer_goes_on_with_our_lines_in_front() -> None:
    response, head = read_response("Content-Length: 2")

    assert plain_answer(response, TRACE, 0.0125, head + b"okX", len(head) + 2) == (
        b"HTTP/1.1 200 OK\r\nX-Call-Id: id\r\nX-Start-Time: 12\r\nX-Duration-Seconds: 0.012500"
        b"\r\nContent-Length: 2\r\n\r\nok"
    )


def test_only_what_the_function_did_not_say_is_added() -> None:
    response, _ = read_response("Content-Length: 2", "X-Call-Id: its", "x-duration-seconds: 1")

    assert missing_answer_fields(response, TRACE, 0.5) == b"\r\nX-Start-Time: 12"


def test_an_answer_until_close_becomes_chunked() -> None:
    request, _ = read_request()
    response, head = read_response()
    out, keep = changed_answer(request, response, b"", head, keep=True)

    assert out == b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert keep


def test_a_connection_that_ends_is_said_to_end() -> None:
    request, _ = read_request()
    response, head = read_response("Content-Length: 2", "Connection: keep-alive")
    out, keep = changed_answer(request, response, b"", head, keep=False)

    assert out == b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
    assert not keep


def test_an_old_caller_gets_no_chunks() -> None:
    request, _ = read_request("Connection: keep-alive", start="GET / HTTP/1.0")
    response, head = read_response("Transfer-Encoding: chunked", "A: 1")
    out, keep = changed_answer(request, response, b"", head, keep=True)

    assert out == b"HTTP/1.1 200 OK\r\nConnection: close\r\nA: 1\r\n\r\n"
    assert not keep


def test_a_switch_says_to_what() -> None:
    response, head = read_response(
        "Upgrade: websocket", "Connection: upgrade", "A: 1", start="HTTP/1.1 101 Go"
    )

    assert switch_head(response, b"\r\nOurs: 1", head) == (
        b"HTTP/1.1 101 Go\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nOurs: 1\r\nA: 1\r\n\r\n"
    )


def test_the_duration_has_six_places() -> None:
    response, head = read_response("Content-Length: 0")
    out = plain_answer(response, b"", 61.5, head, len(head))

    assert re.search(rb"\r\nX-Duration-Seconds: 61\.500000\r\n", out)
