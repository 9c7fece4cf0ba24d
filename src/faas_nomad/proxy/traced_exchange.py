"""An exchange that makes a span of its invocation; used only where spans are exported."""

import re

from faas_nomad.proxy.caller import After
from faas_nomad.proxy.exchange import Exchange
from faas_nomad.proxy.response_head import ResponseReader
from faas_nomad.proxy.spans import Span, trace_fields, with_span
from faas_nomad.proxy.stats import CALLER_LEFT

MAX_CALL_ID_CHARS = 128
_CALL_ID = re.compile(rb"\r\nX-Call-Id: ([^\r]*)").search


class TracedExchange(Exchange):
    """As `Exchange`; what is not sampled goes through as it came."""

    __slots__ = ("_span",)

    def begin(self, data: bytes, end: int) -> None:
        """Send on the request whose head is `data[:end]`, with the span's name in it."""
        self._span: Span | None = None
        spans, request = self._context.spans, self._request
        if spans is not None:
            head = data[:end]
            self._span = spans.begin(self._target.name, request.method, *trace_fields(head))
            if self._span is not None:
                head = with_span(head, request.fields_start, self._span)
                data, end = head + data[end:], len(head)
        super().begin(data, end)

    def _finish(self, now_s: float, clean: bool) -> None:
        self._end_span()
        super()._finish(now_s, clean)

    def _end(self, after: After) -> None:
        if not self.done:
            self._end_span()
        super()._end(after)

    def _open_tunnel(self, response: ResponseReader, head: bytes, rest: bytes) -> None:
        super()._open_tunnel(response, head, rest)
        self._end_span()  # unless it was refused, which has ended it

    def _end_span(self) -> None:
        span, self._span = self._span, None
        if span is None:
            return
        found = _CALL_ID(self._trace)
        call_id = found[1][:MAX_CALL_ID_CHARS].decode("latin-1") if found else ""
        tries = self._attempts.tries if self._attempts is not None else 1
        span.end(self._status or CALLER_LEFT, tries, call_id)
