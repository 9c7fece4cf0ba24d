import pytest

from faas_nomad.watchdog.errors import HttpError
from faas_nomad.watchdog.response import Response


@pytest.mark.parametrize(
    ("text", "method", "length"),
    [
        ("HTTP/1.1 200 OK\r\nContent-Length: 3", "GET", 3),
        ("HTTP/1.1 200 OK\r\nContent-Length: 3", "HEAD", 0),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked", "GET", None),
        ("HTTP/1.1 200", "GET", -1),
        ("HTTP/1.1 204 No Content\r\nContent-Length: 3", "GET", 0),
        ("HTTP/1.1 304 Not Modified\r\nContent-Length: 3", "GET", 0),
        ("HTTP/1.1 103 Early Hints", "GET", 0),
    ],
)
def test_an_answers_length_is_known_from_its_head(
    text: str, method: str, length: int | None
) -> None:
    assert Response(text, method).body_length == length


@pytest.mark.parametrize(
    "text",
    [
        "", "HTTP/1.1", "HTTP/1.1 20 OK", "HTTP/1.1 2000 OK", "HTTP/3 200 OK", "200 OK",
        "HTTP/1.1 200 OK\r\nContent-Length: x", "HTTP/1.1 200 OK\r\nA : b",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip",
    ],
)  # fmt: skip
def test_a_malformed_answer_is_a_502(text: str) -> None:
    with pytest.raises(HttpError) as refused:
        Response(text, "GET")

    assert refused.value.status == 502


def test_connections_to_old_functions_are_not_kept_unless_they_say_so() -> None:
    assert Response("HTTP/1.1 200 OK", "GET").keep_alive
    assert not Response("HTTP/1.1 200 OK\r\nConnection: close", "GET").keep_alive
    assert not Response("HTTP/1.0 200 OK", "GET").keep_alive
    assert Response("HTTP/1.0 200 OK\r\nConnection: Keep-Alive", "GET").keep_alive
