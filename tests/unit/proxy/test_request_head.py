import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.proxy import fields
from faas_nomad.proxy.bodies import CHUNKED
from faas_nomad.proxy.errors import BadRequestError
from faas_nomad.proxy.request_head import RequestReader
from faas_nomad.proxy.request_line import METHODS
from support.llhttp import request_by_llhttp, spoilt, understood

MAX_FIELDS = 128


def read(head: bytes, reader: RequestReader | None = None) -> RequestReader:
    reader = reader or RequestReader()
    reader.read(head, len(head), MAX_FIELDS)
    return reader


def head(*lines: str, start: str = "GET /function/f HTTP/1.1") -> bytes:
    return "\r\n".join([start, "Host: a", *lines, "", ""]).encode("latin-1")


def test_a_plain_head_is_read() -> None:
    request = read(head("X: 1"))

    assert (request.method, request.target) == (b"GET", b"/function/f")
    assert request.is_http11
    assert request.keep_alive
    assert request.is_plain
    assert request.length == 0
    assert request.values[fields.HOST] == b"a"


def test_a_length_is_read() -> None:
    assert read(head("content-length: 0012")).length == 12


def test_chunked_is_read_whatever_its_case() -> None:
    assert read(head("Transfer-Encoding: Chunked")).length == CHUNKED


def test_what_was_read_before_leaves_nothing_behind() -> None:
    reader = read(head("Connection: close, x", "X: 1", "Expect: 100-continue", "Content-Length: 5"))
    assert reader.continues
    assert not reader.keep_alive
    read(head(), reader)

    assert reader.keep_alive
    assert reader.is_plain
    assert not reader.continues
    assert reader.length == 0
    assert not reader.cuts
    assert not reader.named


def test_a_head_that_comes_again_says_the_same() -> None:
    reader = RequestReader()
    for lines, length in ((["Content-Length: 5"], 5), ([], 0), (["Connection: x"], 0)):
        for _ in range(2):
            read(head(*lines), reader)
            assert (reader.length, reader.is_plain) == (length, "Connection: x" not in lines)


@pytest.mark.parametrize(
    "data",
    [
        head("Authorization: Bearer x"),
        head("Cookie: a=b"),
        head("User-Agent: " + "x" * 2000),
        head(start="GET /function/f?token=x HTTP/1.1"),
    ],
)
def test_a_head_with_what_is_not_remembered_is_not_kept(data: bytes) -> None:
    reader = read(data)

    assert not any(getattr(reader, name) in (data, data[:-4]) for name in reader.__slots__)


def test_a_refused_head_leaves_nothing_behind() -> None:
    reader = RequestReader()
    with pytest.raises(BadRequestError):
        read(head("Host: b"), reader)

    assert read(head(), reader).is_plain


def test_lines_that_end_here_are_named_whole() -> None:
    request = read(head("CONNECTION: x-a, keep-alive", "Te: a", "X-a: 1", "keep-ALIVE: 1"))

    assert request.cuts == [
        b"CONNECTION: x-a, keep-alive",
        b"Te: a",
        b"keep-ALIVE: 1",
    ]
    assert request.named == {b"x-a"}
    assert not request.is_plain


def test_several_connection_lines_count_together() -> None:
    request = read(head("Connection: x-a", "Connection: close"))

    assert not request.keep_alive
    assert request.named == {b"x-a"}


@pytest.mark.parametrize(
    ("start", "line", "keeps"),
    [
        ("GET / HTTP/1.1", "X: 1", True),
        ("GET / HTTP/1.1", "Connection: close", False),
        ("GET / HTTP/1.1", "Connection: keep-alive, Close", False),
        ("GET / HTTP/1.0", "X: 1", False),
        ("GET / HTTP/1.0", "Connection: Keep-Alive", True),
        ("GET / HTTP/1.0", "Connection: keep-alive, close", False),
    ],
)
def test_whether_the_connection_is_kept(start: str, line: str, keeps: bool) -> None:
    assert read(head(line, start=start)).keep_alive is keeps


@pytest.mark.parametrize(
    ("lines", "upgrades"),
    [
        (["Connection: Upgrade", "Upgrade: websocket"], True),
        (["Connection: keep-alive, upgrade", "Upgrade: h2c"], True),
        (["Upgrade: websocket"], False),
        (["Connection: upgrade"], False),
        (["Connection: upgrade", "Upgrade: h2c", "Content-Length: 1"], False),
        (["Connection: upgrade", "Upgrade: h2c", "Transfer-Encoding: chunked"], False),
    ],
)
def test_whether_an_upgrade_is_offered(lines: list[str], upgrades: bool) -> None:
    assert read(head(*lines)).upgrade is upgrades


def test_an_old_version_cannot_upgrade() -> None:
    lines = ["Connection: upgrade", "Upgrade: websocket"]
    assert not read(head(*lines, start="GET / HTTP/1.0")).upgrade


@pytest.mark.parametrize(
    ("target", "path", "host"),
    [
        ("http://b:81/x?y", b"/x?y", b"b:81"),
        ("HTTPS://b", b"/", b"b"),
        ("http://b?q", b"/?q", b"b"),
    ],
)
def test_an_absolute_target_comes_to_origin_form(target: str, path: bytes, host: bytes) -> None:
    request = read(head(start=f"GET {target} HTTP/1.1"))

    assert request.target == path
    assert request.values[fields.HOST] == host
    assert b"host" in request.named
    assert not request.is_plain


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (head(start="BREW / HTTP/1.1"), 405),
        (head(start="TRACE / HTTP/1.1"), 405),
        (head(start="CONNECT a:1 HTTP/1.1"), 405),
        (head(start="GET / HTTP/2.0"), 505),
        (head(start="GET /# HTTP/1.1"), 400),
        (head(start="GET ftp://a/ HTTP/1.1"), 400),
        (head("Expect: 200-ok"), 417),
        (head(*(f"X-{number}: 1" for number in range(MAX_FIELDS))), 431),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
    ],
)
def test_each_refusal_has_its_status(data: bytes, status: int) -> None:
    with pytest.raises(BadRequestError) as caught:
        read(data)
    assert caught.value.status == status


NAMES = st.sampled_from(
    ["Host", "host", "Content-Length", "Transfer-Encoding", "Connection", "X", "Expect", "Upgrade"]
)
VALUES = st.one_of(
    st.sampled_from(["chunked", "5", "05", "0", "close", "upgrade", "100-continue", "a, b", ""]),
    st.text(st.characters(min_codepoint=0, max_codepoint=255), max_size=8),
)
ENDS = st.sampled_from(["\r\n"] * 8 + ["\n", "\r", "\r\n ", " \r\n"])
COLONS = st.sampled_from([": "] * 6 + [":", " : ", "\t:", ""])


@st.composite
def heads(draw: st.DrawFn) -> bytes:
    """Build heads that are nearly right."""
    method = draw(st.sampled_from(["GET", "POST", "HEAD", "get", "PRI", " GET"]))
    target = draw(st.sampled_from(["/", "/function/f?x", "*", "http://h/x", "/a b", "/ä", "x"]))
    version = draw(st.sampled_from(["HTTP/1.1"] * 4 + ["HTTP/1.0", "HTTP/2.0", "HTTP/1.1 "]))
    lines = [
        draw(NAMES) + draw(COLONS) + draw(VALUES) + draw(ENDS)
        for _ in range(draw(st.integers(0, 5)))
    ]
    return f"{method} {target} {version}\r\n{''.join(lines)}\r\n".encode("latin-1", "replace")


@given(st.one_of(heads(), st.binary(max_size=200).map(lambda data: data + b"\r\n\r\n")))
def test_any_head_is_read_or_refused_and_never_else(data: bytes) -> None:
    end = data.find(b"\r\n\r\n") + 4
    request, status = RequestReader(), 200
    try:
        read(data[:end], request)
    except BadRequestError as err:
        status = err.status
    assert status in (200, 400, 405, 417, 431, 505)
    if status != 200:
        return
    assert request.method in METHODS
    assert request.target.startswith(b"/")
    assert request.length >= CHUNKED


@given(heads())
def test_what_is_read_means_the_same_to_another_parser(data: bytes) -> None:
    end = data.find(b"\r\n\r\n") + 4
    try:
        request = read(data[:end])
    except BadRequestError:
        return
    other = h11.Connection(h11.SERVER)
    other.receive_data(data[:end])
    event = other.next_event()
    assert isinstance(event, h11.Request)
    assert event.method == request.method
    found = dict(event.headers)
    assert (found.get(b"transfer-encoding") == b"chunked") == (request.length == CHUNKED)
    if request.length >= 0:
        assert int(found.get(b"content-length", b"0")) == request.length


LINES = st.lists(
    st.sampled_from(
        [
            "Content-Length: 5",
            "Content-Length:\t 05 ",
            "content-length: 9223372036854775807",
            "Transfer-Encoding: chunked",
            "Connection: close",
            "Connection: keep-alive, x",
            "Upgrade: h2c",
            "Expect: 100-continue",
            "X: a b",
            "X:",
            "Cookie: ä=1; b",
            "X-Forwarded-For: 1",
            "x-forwarded-for: 2",
        ]
    ),
    max_size=4,
)
TARGETS = [
    "/",
    "/function/f?x=1&y",
    "///",
    "/%00",
    "http://h/x",
    "https://[::1]:80/?",
    "http://h?q",
    "HTTP://h",
]
STARTS = st.builds(
    "{} {} {}".format,
    st.sampled_from(["GET", "POST", "HEAD"]),
    st.sampled_from(TARGETS),
    st.sampled_from(["HTTP/1.1"] * 3 + ["HTTP/1.0"]),
)


@given(spoilt(st.builds(lambda start, lines: head(*lines, start=start), STARTS, LINES)))
def test_what_is_read_llhttp_reads_too_and_in_the_same_way(data: bytes) -> None:
    end = data.find(b"\r\n\r\n") + 4
    try:
        request = read(data[:end])
    except BadRequestError:
        return
    heard = request_by_llhttp(data[:end])
    assert heard.start == (request.method, "1.1" if request.is_http11 else "1.0")
    values = understood(heard, fields.REQUEST_BITS)
    if heard.target.startswith(b"/"):
        assert heard.target == request.target
    else:
        values[fields.HOST] = request.values[fields.HOST]
        assert request.values[fields.HOST] in heard.target
    if not request.is_http11:
        values.setdefault(fields.HOST, b"")
    seen = {bit: value for bit, value in request.values.items() if bit in values}
    assert seen == values
    assert sum(values) == request.seen | fields.HOST
