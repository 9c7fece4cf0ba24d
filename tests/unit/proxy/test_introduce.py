import pytest

from faas_nomad.proxy.introduce import Introducer
from faas_nomad.proxy.request_head import RequestReader
from faas_nomad.proxy.trace import Tracer

OWN = b"\r\nX-Call-Id: id\r\nX-Start-Time: 12"
PEER = b"\r\nX-Forwarded-For: 10.0.0.1"


class FixedTracer(Tracer):
    def __init__(self) -> None:
        super().__init__(lambda _count: 0)

    def lines(self, start_s: float) -> bytes:
        return b"\r\nX-Call-Id: id\r\nX-Start-Time: %d" % start_s


def introducer() -> Introducer:
    return Introducer(b"10.0.0.1", FixedTracer())


def read(*lines: str, reader: RequestReader | None = None, host: str = "a") -> RequestReader:
    reader = reader or RequestReader()
    head = "\r\n".join(["GET / HTTP/1.1", f"Host: {host}", *lines, "", ""]).encode()
    reader.read(head, len(head), 128)
    return reader


def test_a_caller_over_tls_is_told_as_such() -> None:
    to_function, _ = Introducer(b"10.0.0.1", FixedTracer(), b"https").lines(read(), 12)

    assert b"\r\nX-Forwarded-Proto: https" in to_function


def test_peer_protocol_and_host_are_told() -> None:
    to_function, to_caller = introducer().lines(read(), 12.0)

    told = PEER + b"\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a"
    assert to_function == OWN + told
    assert to_caller == OWN


def test_each_host_is_told_also_after_another() -> None:
    known = introducer()
    for host in ("", "a", "a", "b", "a", ""):
        to_function, _ = known.lines(read(host=host), 12.0)
        assert to_function.endswith(b"\r\nX-Forwarded-Host: " + host.encode())


def test_what_one_request_brought_is_not_told_of_the_next() -> None:
    known = introducer()
    known.lines(read("X-Forwarded-For: 1.1.1.1"), 12.0)
    to_function, _ = known.lines(read(), 12.0)

    assert b"1.1.1.1" not in to_function


def test_what_a_proxy_in_front_said_stays() -> None:
    request = read("X-Forwarded-For: 1.1.1.1", "X-Forwarded-Proto: https")

    assert introducer().forwarded(request) == (
        b"\r\nX-Forwarded-For: 1.1.1.1, 10.0.0.1\r\nX-Forwarded-Host: a"
    )


@pytest.mark.parametrize(
    ("lines", "to_function", "to_caller"),
    [
        (
            ["X-Call-Id: mine"],
            b"\r\nX-Start-Time: 12",
            b"\r\nX-Call-Id: mine\r\nX-Start-Time: 12",
        ),
        (
            ["X-Start-Time: 7"],
            b"\r\nX-Call-Id: id",
            b"\r\nX-Start-Time: 7\r\nX-Call-Id: id",
        ),
        (
            ["x-start-time: 7", "x-call-id: mine"],
            b"",
            b"\r\nX-Call-Id: mine\r\nX-Start-Time: 7",
        ),
    ],
)
def test_a_callers_own_trace_is_kept_and_told_back(
    lines: list[str], to_function: bytes, to_caller: bytes
) -> None:
    found = introducer().lines(read(*lines), 12.0)

    assert found[0].partition(PEER)[0] == to_function
    assert found[1] == to_caller
