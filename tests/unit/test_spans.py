import os
from collections import Counter
from collections.abc import Callable, Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from faas_nomad.spans import InvocationSpans

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PARENT = f"00-{TRACE}-{CALLER}-01".encode()

Made = tuple[InvocationSpans, InMemorySpanExporter]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Made]]:
    """Return what makes spans into memory, sampled as the variables say."""
    providers = []

    def make(**environ: str) -> Made:
        for name, value in environ.items():
            monkeypatch.setitem(os.environ, name, value)
        provider, kept = TracerProvider(shutdown_on_exit=False), InMemorySpanExporter()
        provider.add_span_processor(SimpleSpanProcessor(kept))
        providers.append(provider)
        return InvocationSpans(provider.get_tracer("test"), Counter()), kept

    yield make
    for provider in providers:
        provider.shutdown()


def test_a_span_is_below_the_callers_and_says_how_the_call_went(made: Callable[..., Made]) -> None:
    spans, kept = made()

    span = spans.begin("f.openfaas-fn", b"POST", PARENT, b"vendor=1")
    assert span is not None
    span.end(502, 3, "the-call")

    [found] = kept.get_finished_spans()
    assert found.parent is not None
    assert f"{found.parent.trace_id:032x}-{found.parent.span_id:016x}" == f"{TRACE}-{CALLER}"
    assert not span.is_root
    assert span.traceparent == f"00-{TRACE}-{found.context.span_id:016x}-01".encode()
    assert found.context.trace_state["vendor"] == "1"
    assert found.name == "POST f.openfaas-fn"
    assert dict(found.attributes or {}) == {
        "faas.invoked_name": "f.openfaas-fn",
        "http.request.method": "POST",
        "http.response.status_code": 502,
        "faas_nomad.tries": 3,
        "faas_nomad.call_id": "the-call",
    }
    assert not found.status.is_ok


@pytest.mark.parametrize("parent", [b"", b"nonsense", b"00-" + b"0" * 32 + b"-1-01", b"\xff\xfe"])
def test_without_a_valid_parent_a_trace_begins(made: Callable[..., Made], parent: bytes) -> None:
    spans, kept = made()

    span = spans.begin("f.openfaas-fn", b"GET", parent, b"vendor=1")
    assert span is not None
    span.end(200, 1, "")

    [found] = kept.get_finished_spans()
    assert span.is_root
    assert found.parent is None
    assert not found.context.trace_state
    assert found.status.is_unset


def test_an_invented_method_is_not_in_the_name(made: Callable[..., Made]) -> None:
    spans, kept = made()

    span = spans.begin("f.openfaas-fn", b"BREW", b"", b"")
    assert span is not None
    span.end(200, 1, "")

    assert [found.name for found in kept.get_finished_spans()] == ["_OTHER f.openfaas-fn"]


def test_what_the_caller_does_not_sample_has_no_span(made: Callable[..., Made]) -> None:
    spans, kept = made()

    assert spans.begin("f.openfaas-fn", b"GET", PARENT.replace(b"-01", b"-00"), b"") is None
    assert not kept.get_finished_spans()


def test_the_sampler_is_chosen_by_opentelemetrys_variables(made: Callable[..., Made]) -> None:
    spans, _ = made(OTEL_TRACES_SAMPLER="parentbased_traceidratio", OTEL_TRACES_SAMPLER_ARG="0")

    assert spans.begin("f.openfaas-fn", b"GET", b"", b"") is None
    assert spans.begin("f.openfaas-fn", b"GET", PARENT, b"") is not None
