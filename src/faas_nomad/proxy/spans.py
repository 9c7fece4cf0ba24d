"""The seam for spans of invocations, and trace headers in a request's head. Pure.

Source: W3C Trace Context. Without anyone behind the seam none of this is run.
"""

import re
from collections import Counter
from typing import Protocol

MAX_STATE_BYTES = 512
"""Of `tracestate`, for the span; what the specification asks to carry at least."""

_FIELD = re.compile(rb"\r\n(traceparent|tracestate):[ \t]*([^\r]*)", re.IGNORECASE).findall
_cut_parent = re.compile(rb"\r\ntraceparent:[^\r]*", re.IGNORECASE).sub
_cut_both = re.compile(rb"\r\ntrace(?:parent|state):[^\r]*", re.IGNORECASE).sub


class Span(Protocol):
    """One invocation that is traced."""

    traceparent: bytes
    """Names this span, for the function."""
    is_root: bool
    """It is in no caller's trace."""

    def end(self, status: int, tries: int, call_id: str) -> None:
        """It is over; must not block."""
        ...


class Spans(Protocol):
    """Makes spans; `counts` has how many have `ended`, were `exported` and `failed` to be."""

    counts: Counter[str]

    def begin(
        self, function: str, method: bytes, traceparent: bytes, tracestate: bytes
    ) -> Span | None:
        """Return a span below the caller's, if it gave a valid one; None: this one is not traced.

        Must be cheap and not block.
        """
        ...


def trace_fields(head: bytes) -> tuple[bytes, bytes]:
    """Return the values of traceparent and tracestate, each b"" when it cannot be used."""
    parents: list[bytes] = []
    states: list[bytes] = []
    for name, value in _FIELD(head):
        (parents if name.lower() == b"traceparent" else states).append(value)
    state = b",".join(states)
    # More than one parent is none (W3C Trace Context 3.2).
    parent = parents[0] if len(parents) == 1 else b""
    return parent, state if len(state) <= MAX_STATE_BYTES else b""


def with_span(head: bytes, fields_start: int, span: Span) -> bytes:
    """Return the head with the span's own traceparent; a caller's state goes with its parent."""
    cut = _cut_both if span.is_root else _cut_parent
    lines = cut(b"", head[fields_start:])
    return b"".join((head[:fields_start], b"\r\ntraceparent: ", span.traceparent, lines))
