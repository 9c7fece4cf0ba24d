import pytest

from faas_nomad.watchdog.environment import request_environment, unquote
from faas_nomad.watchdog.errors import HttpError
from faas_nomad.watchdog.request import Request


def environment(first: str, *lines: str) -> dict[bytes, bytes]:
    return request_environment(Request("\r\n".join([first, "Host: f", *lines])))


def test_the_request_line_is_there_in_parts() -> None:
    found = environment("PUT /a%2fb?c=%20 HTTP/1.1")

    assert found == {
        b"Http_Method": b"PUT", b"Http_Path": b"/a/b", b"Http_Query": b"c=%20", b"Http_Host": b"f",
    }  # fmt: skip


def test_headers_are_named_as_go_names_them() -> None:
    found = environment(
        "GET / HTTP/1.1", "x-my-HEADER: v", "X-My-Header: later", "ETag: e", "X_Old: o"
    )

    assert found[b"Http_X_My_Header"] == b"v"
    assert found[b"Http_Etag"] == b"e"
    assert found[b"Http_X_old"] == b"o"


def test_no_header_can_pose_as_another_variable() -> None:
    found = environment(
        "GET / HTTP/1.1", "Method: evil", "Path: evil", "Query: evil", "Proxy: evil",
        "X_1: evil", "X-1: true",
    )  # fmt: skip

    assert found[b"Http_X_1"] == b"true"
    assert b"evil" not in found.values()


def test_a_chunked_body_is_said() -> None:
    found = environment("POST / HTTP/1.1", "Transfer-Encoding: chunked")

    assert found[b"Http_Transfer_Encoding"] == b"chunked"


def test_bytes_pass_unchanged() -> None:
    found = environment("GET /%c3%a9\xe9 HTTP/1.1", "X-A: \xe9")

    assert found[b"Http_Path"] == b"/\xc3\xa9\xe9"
    assert found[b"Http_X_A"] == b"\xe9"


@pytest.mark.parametrize("path", ["/%", "/%2", "/%zz", "/% 1", "/%+1", "/%00"])
def test_an_escape_that_stands_for_nothing_is_refused(path: str) -> None:
    with pytest.raises(HttpError) as refused:
        unquote(path)

    assert refused.value.status == 400
