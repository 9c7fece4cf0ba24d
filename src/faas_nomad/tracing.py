"""OpenTelemetry export of API calls, where the extra `otel` is installed and an endpoint is set.

The variables are OpenTelemetry's own (`OTEL_EXPORTER_OTLP_ENDPOINT` and the like); FastAPI makes
the spans as soon as there is a provider. Invocations make none: their trace headers go through.
"""

import logging
from collections.abc import Callable, Mapping
from threading import Thread

import structlog

import faas_nomad

log = structlog.get_logger()

_ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
LAST_SPANS_WITHIN_S = 2.0
"""A collector that is away must not hold up the end of the process."""
MAX_SAID = 300


class OurLog(logging.Handler):
    """Puts what the exporter says into the service's own log."""

    def emit(self, record: logging.LogRecord) -> None:
        """Log one line."""
        log.warning("spans", said=record.getMessage()[:MAX_SAID])


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Tell whether there is somewhere to export to; pure."""
    disabled = environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not disabled and any(environ.get(name) for name in _ENDPOINTS)


def start_tracing(environ: Mapping[str, str]) -> Callable[[], None]:
    """Export spans from now on if that is wanted; return what sends the last ones at the end."""
    if not is_wanted(environ):
        return _nothing
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("no spans are exported: install faas-nomad[otel]")
        return _nothing
    named = {} if environ.get("OTEL_SERVICE_NAME") else {"service.name": "faas-nomad"}
    about = {**named, "service.version": faas_nomad.__version__}
    provider = TracerProvider(resource=Resource.create(about), shutdown_on_exit=False)
    exporter = OTLPSpanExporter()
    provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    said = logging.getLogger("opentelemetry")
    said.addHandler(OurLog())
    said.propagate = False
    log.info("spans of API calls are exported")

    def stop() -> None:
        ending = Thread(target=provider.shutdown, daemon=True)
        ending.start()
        ending.join(LAST_SPANS_WITHIN_S)
        exporter.shutdown()  # type: ignore[no-untyped-call]

    return stop


def _nothing() -> None:
    """Nothing was started."""
