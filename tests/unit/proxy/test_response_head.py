import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.proxy import fields
from faas_nomad.proxy.bodies import CHUNKED, UNTIL_CLOSE
from faas_nomad.proxy.errors import BadResponseError
from faas_nomad.proxy.response_head import ResponseReader
from support.llhttp import response_by_llhttp, spoilt, understood


def read(data: bytes, *, to_head: bool = False) -> ResponseReader:
    reader = ResponseReader()
    reader.read(data, len(data), to_head, 128)
    return reader


def head(*lines: str, start: str = "HTTP/1.1 200 OK") -> bytes:
    return "\r\n".join([start, *lines, "", ""]).encode("latin-1")


@pytest.mark.parametrize(
    ("lines", "length", "keeps"),
    [
        (["Content-Length: 5"], 5, True),
        (["Transfer-Encoding: chunked"], CHUNKED, True),
        ([], UNTIL_CLOSE, False),
        (["Connection: keep-alive"], UNTIL_CLOSE, False),
        (["Content-Length: 5", "Connection: close"], 5, False),
    ],
)
def test_where_a_body_ends_and_whether_the_connection_is_kept(
    lines: list[str], length: int, keeps: bool
) -> None:
    response = read(head(*lines))

    assert (response.length, response.keep_alive) == (length, keeps)


@pytest.mark.parametrize(
    ("status", "to_head", "length"),
    [(200, True, 0), (204, False, 0), (304, False, 0), (103, False, 0), (404, False, 5)],
)
def test_some_answers_have_no_body(status: int, to_head: bool, length: int) -> None:
    data = head("Content-Length: 5", start=f"HTTP/1.1 {status} X")

    assert read(data, to_head=to_head).length == length


def test_a_head_that_comes_again_says_the_same_unless_it_answers_a_head_request() -> None:
    data, reader = head("Content-Length: 5"), ResponseReader()
    for to_head in (False, False, True, False, True, True):
        reader.read(data, len(data), to_head, 128)
        assert reader.length == (0 if to_head else 5)


@pytest.mark.parametrize(
    ("start", "line"),
    [
        ("HTTP/1.1 200 OK", b"HTTP/1.1 200 OK"),
        ("HTTP/1.0 200 OK", b"HTTP/1.1 200 OK"),
        ("HTTP/1.1 404", b"HTTP/1.1 404 "),
        ("HTTP/1.1 599 So la la", b"HTTP/1.1 599 So la la"),
        ("HTTP/1.1 200 très bien", "HTTP/1.1 200 très bien".encode("latin-1")),
    ],
)
def test_the_status_line_goes_on_in_our_version(start: str, line: bytes) -> None:
    assert read(head("Content-Length: 0", start=start)).status_line == line


def test_an_old_version_is_not_kept_unless_it_says_so() -> None:
    old = "HTTP/1.0 200 OK"
    assert not read(head("Content-Length: 0", start=old)).keep_alive
    assert read(head("Content-Length: 0", "Connection: keep-alive", start=old)).keep_alive


@pytest.mark.parametrize(
    ("lines", "plain"),
    [
        (["Content-Length: 5", "Server: x"], True),
        (["Transfer-Encoding: chunked"], True),
        ([], False),
        (["Content-Length: 5", "Connection: keep-alive"], False),
        (["Content-Length: 5", "X-Call-Id: 1"], False),
        (["Content-Length: 5", "X-Duration-Seconds: 1"], False),
    ],
)
def test_whether_all_lines_go_on_as_they_are(lines: list[str], plain: bool) -> None:
    assert read(head(*lines)).is_plain is plain


def test_a_204_with_framing_is_changed() -> None:
    assert not read(head("Content-Length: 0", start="HTTP/1.1 204 No Content")).is_plain


@pytest.mark.parametrize(
    "data",
    [
        head("Content-Length: 1", "Transfer-Encoding: chunked"),
        head("Content-Length: 1", "Content-Length: 1"),
        head("Transfer-Encoding: gzip, chunked"),
        head("Transfer-Encoding: chunked", start="HTTP/1.0 200 OK"),
        head(start="HTTP/1.1 600 X"),
        head(start="HTTP/1.1 200\tOK"),
        head(start="HTTP/1.1 200 O\x00K"),
        head(start="ICE/1.0 200 OK"),
        head(*(f"X-{number}: 1" for number in range(129))),
    ],
)
def test_a_doubtful_head_is_refused(data: bytes) -> None:
    with pytest.raises(BadResponseError):
        read(data)


NAMES = st.sampled_from(["Content-Length", "Transfer-Encoding", "Connection", "X", "Upgrade"])
VALUES = st.one_of(
    st.sampled_from(["chunked", "5", "0", "close", "keep-alive", "a, b", ""]),
    st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=8),
)


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """Build heads that are nearly right."""
    start = draw(
        st.sampled_from(["HTTP/1.1 200 OK", "HTTP/1.0 200 OK", "HTTP/1.1 404", "HTTP/1.1 700 X"])
    )
    lines = [f"{draw(NAMES)}: {draw(VALUES)}" for _ in range(draw(st.integers(0, 4)))]
    return head(*lines, start=start)


@given(st.one_of(heads(), st.binary(max_size=200).map(lambda data: data + b"\r\n\r\n")))
def test_any_head_is_read_or_refused_and_never_else(data: bytes) -> None:
    end = data.find(b"\r\n\r\n") + 4
    try:
        response = read(data[:end])
    except BadResponseError:
        return
    assert 100 <= response.status < 600
    assert response.length >= UNTIL_CLOSE


@given(heads())
def test_what_is_read_means_the_same_to_another_parser(data: bytes) -> None:
    end = data.find(b"\r\n\r\n") + 4
    try:
        response = read(data[:end])
    except BadResponseError:
        return
    other = h11.Connection(h11.CLIENT)
    other.send(h11.Request(method="GET", target="/", headers=[("Host", "a")]))
    other.send(h11.EndOfMessage())
    other.receive_data(data[:end])
    event = other.next_event()
    assert isinstance(event, h11.Response)
    found = dict(event.headers)
    assert (found.get(b"transfer-encoding") == b"chunked") == (response.length == CHUNKED)
    if response.length >= 0:
        assert int(found[b"content-length"]) == response.length


LINES = st.lists(
    st.sampled_from(
        [
            "Content-Length: 5",
            "Content-Length:\t 05 ",
            "Transfer-Encoding: chunked",
            "Connection: close",
            "Connection: keep-alive, x",
            "Server: a b",
            "X:",
            "Set-Cookie: ä=1; b",
            "X-Call-Id: 1",
        ]
    ),
    max_size=4,
)
STARTS = st.sampled_from(["HTTP/1.1 200 OK", "HTTP/1.0 404 No", "HTTP/1.1 304", "HTTP/1.1 500 "])


@given(spoilt(st.builds(lambda start, lines: head(*lines, start=start), STARTS, LINES)))
def test_what_is_read_llhttp_reads_too_and_in_the_same_way(data: bytes) -> None:
    end = data.find(b"\r\n\r\n") + 4
    try:
        response = read(data[:end])
    except BadResponseError:
        return
    if response.status == 101:
        return  # for llhttp it is the end of HTTP, and here of what may be answered
    heard = response_by_llhttp(data[:end])
    assert heard.start[0] == response.status
    assert understood(heard, fields.RESPONSE_BITS) == response.values
    assert sum(response.values) == response.seen
