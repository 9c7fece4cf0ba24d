import pytest

from faas_nomad.watchdog.errors import HttpError
from faas_nomad.watchdog.request import Request


def request(first: str = "GET / HTTP/1.1", *lines: str) -> Request:
    return Request("\r\n".join([first, "Host: f", *lines]))


def test_a_request_is_taken_apart() -> None:
    read = request("POST /a%20b?x=1?y HTTP/1.1", "Content-Length: 12", "X-A:  b\t")

    assert (read.method, read.path, read.query) == ("POST", "/a%20b", "x=1?y")
    assert read.body_length == 12
    assert read.keep_alive
    assert ("X-A", "b") in read.headers


@pytest.mark.parametrize(
    ("target", "found"),
    [("/", "/"), ("//a", "//a"), ("http://h/a?b", "/a?b"), ("HTTP://h", "/")],
)
def test_the_target_becomes_a_path(target: str, found: str) -> None:
    assert request(f"GET {target} HTTP/1.1").target == found


def test_options_may_mean_the_whole_server() -> None:
    assert request("OPTIONS * HTTP/1.1").target == "*"


@pytest.mark.parametrize(
    "head",
    [
        "", "GET", "GET /", "GET  / HTTP/1.1", "GET / http/1.1", "G@T / HTTP/1.1",
        "GET * HTTP/1.1", "GET a HTTP/1.1", "GET http:// HTTP/1.1", " / HTTP/1.1",
    ],
)  # fmt: skip
def test_a_malformed_first_line_is_refused(head: str) -> None:
    with pytest.raises(HttpError) as refused:
        request(head)

    assert refused.value.status == 400


@pytest.mark.parametrize(
    "line",
    [
        "no colon", ": no name", "A : b", " A: b", "\tA: b", "A\x00: b", "A: b\x00", "A: b\rc",
        "A: b\nC: d", "A(: b", "Ä: b", "Host: other", "Content-Length: -1", "Content-Length: +1",
        "Content-Length: 1, 1", "Content-Length:", "Content-Length: ²", "Content-Length: 1 2",
        "Content-Length: 9999999999999999999",
    ],
)  # fmt: skip
def test_a_malformed_field_is_refused(line: str) -> None:
    with pytest.raises(HttpError) as refused:
        request("POST / HTTP/1.1", line)

    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("lines", "status"),
    [
        (["Content-Length: 1", "Content-Length: 1"], 400),
        (["Content-Length: 1", "Transfer-Encoding: chunked"], 400),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], 501),
        (["Transfer-Encoding: gzip, chunked"], 501),
        (["Transfer-Encoding: xchunked"], 501),
        (["Transfer-Encoding:"], 501),
    ],
)
def test_framings_that_could_be_read_in_two_ways_are_refused(lines: list[str], status: int) -> None:
    with pytest.raises(HttpError) as refused:
        request("POST / HTTP/1.1", *lines)

    assert refused.value.status == status


def test_http_1_0_has_no_chunks_and_no_keeping() -> None:
    assert not Request("GET / HTTP/1.0").keep_alive
    with pytest.raises(HttpError):
        Request("POST / HTTP/1.0\r\nTransfer-Encoding: chunked")


def test_other_versions_are_refused() -> None:
    with pytest.raises(HttpError) as refused:
        request("GET / HTTP/2.0")

    assert refused.value.status == 505


def test_a_host_is_required_and_only_one() -> None:
    for head in ("GET / HTTP/1.1", "GET / HTTP/1.1\r\nHost: a/b", "GET / HTTP/1.1\r\nHost: a@b"):
        with pytest.raises(HttpError):
            Request(head)


def test_an_upgrade_takes_both_fields() -> None:
    assert request(
        "GET / HTTP/1.1", "Connection: keep-alive, Upgrade", "Upgrade: websocket"
    ).upgrade
    assert not request("GET / HTTP/1.1", "Upgrade: websocket").upgrade


def test_an_expectation_of_100_counts_if_there_is_a_body() -> None:
    line = "Expect: 100-Continue"

    assert request("POST / HTTP/1.1", line, "Content-Length: 1").expects_continue
    assert not request("POST / HTTP/1.1", line).expects_continue
    with pytest.raises(HttpError):
        _ = request("POST / HTTP/1.1", "Expect: x").expects_continue
