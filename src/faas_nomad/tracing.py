"""OpenTelemetry export of spans, where the extra `otel` is installed and an endpoint is set.

The variables are OpenTelemetry's own (`OTEL_EXPORTER_OTLP_ENDPOINT`, `OTEL_TRACES_SAMPLER` and the
like). FastAPI makes spans of API calls as soon as there is a provider; the data path makes those of
invocations by `Tracing.spans`. Each process exports its own.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Thread

import structlog

from faas_nomad.proxy.spans import Spans

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


def _nothing() -> None:
    """Nothing was started."""


@dataclass(frozen=True)
class Tracing:
    """`spans` makes those of invocations, None where there are none; `stop` sends the last ones."""

    spans: Spans | None = None
    stop: Callable[[], None] = _nothing
    is_missing: bool = False
    """They are wanted, but the extra is not installed."""


def is_wanted(environ: Mapping[str, str]) -> bool:
    """Tell whether there is somewhere to export to; pure."""
    disabled = environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    return not disabled and any(environ.get(name) for name in _ENDPOINTS)


def start_tracing(environ: Mapping[str, str], said_to: logging.Handler) -> Tracing:
    """Export spans from now on if that is wanted; `said_to` hears what the exporter says."""
    if not is_wanted(environ):
        return Tracing()
    try:
        from opentelemetry import trace

        from faas_nomad.spans import CountedExporter, InvocationSpans, provider_for
    except ImportError:
        return Tracing(is_missing=True)
    counts = Counter(ended=0, exported=0, failed=0)
    exporter = CountedExporter(counts)
    provider = provider_for(environ, exporter)
    trace.set_tracer_provider(provider)
    said = logging.getLogger("opentelemetry")
    said.addHandler(said_to)
    said.propagate = False

    def stop() -> None:
        ending = Thread(target=provider.shutdown, daemon=True)
        ending.start()
        ending.join(LAST_SPANS_WITHIN_S)
        exporter.shutdown()

    return Tracing(InvocationSpans(provider.get_tracer("faas_nomad.invocations"), counts), stop)
