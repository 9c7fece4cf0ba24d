"""Spans by OpenTelemetry's SDK; to be imported only where the extra `otel` is installed.

The SDK keeps ended spans in a bounded queue and a thread of its own exports them.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace import Span as SdkSpan
from opentelemetry.trace import SpanKind, StatusCode, Tracer, get_current_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

import faas_nomad
from faas_nomad.proxy.request_line import METHODS

OTHER_METHOD = "_OTHER"
"""OpenTelemetry's word for a method that is not well known: callers may invent any."""
_extract = TraceContextTextMapPropagator().extract


def provider_for(environ: Mapping[str, str], exporter: "CountedExporter") -> TracerProvider:
    """Return what makes, samples and queues spans, as OpenTelemetry's variables say."""
    named = {} if environ.get("OTEL_SERVICE_NAME") else {"service.name": "faas-nomad"}
    about = {**named, "service.version": faas_nomad.__version__}
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    provider.add_span_processor(CountedSpans(exporter))
    return provider


class CountedSpans(BatchSpanProcessor):
    """The SDK's queue; counts what comes in."""

    def __init__(self, exporter: "CountedExporter") -> None:
        super().__init__(exporter)
        self._counts = exporter.counts

    def on_end(self, span: ReadableSpan) -> None:
        """Put it into the queue."""
        self._counts["ended"] += 1
        super().on_end(span)


class CountedExporter(SpanExporter):
    """Exports to a collector and counts how that went."""

    def __init__(self, counts: Counter[str]) -> None:
        self.counts = counts
        self._exporter = OTLPSpanExporter()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send them; blocks the exporting thread."""
        result = self._exporter.export(spans)
        went = "exported" if result is SpanExportResult.SUCCESS else "failed"
        self.counts[went] += len(spans)
        return result

    def shutdown(self) -> None:
        """Send nothing more, and try nothing again."""
        self._exporter.shutdown()  # type: ignore[no-untyped-call]


class InvocationSpans:
    """`proxy.spans.Spans` by the SDK."""

    def __init__(self, tracer: Tracer, counts: Counter[str]) -> None:
        self.counts = counts
        self._tracer = tracer

    def begin(
        self, function: str, method: bytes, traceparent: bytes, tracestate: bytes
    ) -> "InvocationSpan | None":
        """See `Spans`."""
        given = {"traceparent": traceparent.decode("latin-1")}
        if tracestate:
            given["tracestate"] = tracestate.decode("latin-1")
        parent = _extract(given, Context())
        verb = method.decode("ascii") if method in METHODS else OTHER_METHOD
        about = {"faas.invoked_name": function, "http.request.method": verb}
        span = self._tracer.start_span(
            f"{verb} {function}", parent, SpanKind.SERVER, attributes=about
        )
        if not span.is_recording():
            return None
        is_root = not get_current_span(parent).get_span_context().is_valid
        return InvocationSpan(span, is_root=is_root)


class InvocationSpan:
    """`proxy.spans.Span` by the SDK."""

    __slots__ = ("_span", "is_root", "traceparent")

    def __init__(self, span: SdkSpan, *, is_root: bool) -> None:
        self._span = span
        self.is_root = is_root
        ours = span.get_span_context()
        named = f"00-{ours.trace_id:032x}-{ours.span_id:016x}-{ours.trace_flags:02x}"
        self.traceparent = named.encode("ascii")

    def end(self, status: int, tries: int, call_id: str) -> None:
        """See `Span`."""
        span = self._span
        span.set_attribute("http.response.status_code", status)
        span.set_attribute("faas_nomad.tries", tries)
        span.set_attribute("faas_nomad.call_id", call_id)
        if status >= 500:
            span.set_status(StatusCode.ERROR)
        span.end()
