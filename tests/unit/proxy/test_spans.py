import pytest

from faas_nomad.proxy.spans import MAX_STATE_BYTES, trace_fields, with_span

START = b"GET / HTTP/1.1"
REST = b"\r\nHost: x\r\n\r\n"


class Named:
    traceparent = b"ours"

    def __init__(self, *, is_root: bool) -> None:
        self.is_root = is_root

    def end(self, status: int, tries: int, call_id: str) -> None:
        raise AssertionError("pure functions do not end it")


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (b"", (b"", b"")),
        (b"\r\ntraceparent: p\r\ntracestate: s", (b"p", b"s")),
        (b"\r\nTraceParent:p\r\nTRACESTATE:\t s", (b"p", b"s")),
        (b"\r\ntracestate: a=1\r\ntracestate: b=2", (b"", b"a=1,b=2")),
        (b"\r\ntraceparent: p\r\ntraceparent: q", (b"", b"")),
        (b"\r\nx-traceparent: p\r\ntraceparent-x: q", (b"", b"")),
        (b"\r\ntracestate: " + b"s" * (MAX_STATE_BYTES + 1), (b"", b"")),
    ],
)
def test_trace_fields_are_found_whatever_their_spelling(
    lines: bytes, found: tuple[bytes, bytes]
) -> None:
    assert trace_fields(START + lines + REST) == found


def test_a_span_takes_the_place_of_its_parent_and_keeps_the_state() -> None:
    head = START + b"\r\nTraceparent: theirs\r\nA: b\r\ntracestate: s" + REST

    assert with_span(head, len(START), Named(is_root=False)) == (
        START + b"\r\ntraceparent: ours\r\nA: b\r\ntracestate: s" + REST
    )


def test_a_new_trace_leaves_nothing_of_an_unreadable_one() -> None:
    head = START + b"\r\ntracestate: s\r\ntraceparent: 1\r\ntraceparent: 2" + REST

    assert with_span(head, len(START), Named(is_root=True)) == (
        START + b"\r\ntraceparent: ours" + REST
    )
