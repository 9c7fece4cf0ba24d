"""Spans of API calls and invocations reach an OpenTelemetry collector, in the caller's trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from support.functions import Functions
from support.service import Service, run_service
from support.waiting import wait_until
from support.world import WHATEVER_DRIVER, World

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
NO_NOMAD = "http://127.0.0.1:9"


class Collector:
    """Keeps the requests that exporters send it."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[Any] = []

    def spans(self) -> list[Any]:
        """Return all spans of all services."""
        resources = [one for request in self.requests for one in request.resource_spans]
        return [span for one in resources for scope in one.scope_spans for span in scope.spans]


@contextmanager
def run_collector() -> Iterator[Collector]:
    collector = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            collector.requests.append(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        collector.url = f"http://127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield collector
        server.shutdown()
        thread.join()


def test_a_call_is_a_span_in_the_callers_trace(tmp_path: Path) -> None:
    with run_collector() as collector:
        settings = {
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url,
            "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
            "OTEL_BSP_SCHEDULE_DELAY": "100",
        }
        with run_service(tmp_path, NO_NOMAD, settings) as service:
            parent = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
            answer = httpx.get(f"{service.gateway_url}/system/info", headers=parent)
            assert answer.status_code == 200

            def of_the_call() -> list[Any]:
                found = (s for s in collector.spans() if s.trace_id.hex() == TRACE)
                return [span for span in found if span.kind == Span.SPAN_KIND_SERVER]

            [span] = wait_until(of_the_call, "the span came", 10)

        attributes = {pair.key: pair.value for pair in span.attributes}
        assert span.parent_span_id.hex() == "00f067aa0ba902b7"
        assert attributes["http.route"].string_value == "/system/info"
        assert attributes["http.response.status_code"].int_value == 200
        [resource] = {
            pair.value.string_value
            for request in collector.requests
            for one in request.resource_spans
            for pair in one.resource.attributes
            if pair.key == "service.name"
        }
        assert resource == "faas-nomad"


def test_a_collector_that_is_away_disturbs_nothing(tmp_path: Path) -> None:
    settings = {"OTEL_EXPORTER_OTLP_ENDPOINT": NO_NOMAD, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    with run_service(tmp_path, NO_NOMAD, settings) as service:
        for _ in range(3):
            assert httpx.get(f"{service.gateway_url}/system/info").status_code == 200


@WHATEVER_DRIVER
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_invocation_is_a_span_between_its_caller_and_its_function(
    world: World, tmp_path: Path, workers: str
) -> None:
    with run_collector() as collector:
        settings = world.settings(
            f"traced{workers}-",
            workers=workers,
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_EXPORTER_OTLP_COMPRESSION="none",
            OTEL_BSP_SCHEDULE_DELAY="100",
        )
        with (
            run_service(tmp_path, world.nomad_url, settings) as service,
            Functions(world, service) as functions,
        ):
            service.wait_for_nomad()
            name = functions.deploy(world.deployment())
            parent = {"traceparent": f"00-{TRACE}-00f067aa0ba902b7-01"}
            answer = functions.invoke(name, method="POST", headers=parent)
            assert answer.status_code == 200

            def of_the_call() -> list[Any]:
                return [span for span in collector.spans() if span.name == f"POST {called}"]

            called = f"{name}.openfaas-fn"
            [span] = wait_until(of_the_call, "the span came", 10)
            exported = 'faas_nomad_spans_total{state="exported"}'
            wait_until(lambda: metric(service, exported), "it is counted", 5)

        attributes = {pair.key: pair.value for pair in span.attributes}
        [told] = answer.json()["headers"]["Traceparent"]
        assert span.kind == Span.SPAN_KIND_SERVER
        assert (span.trace_id.hex(), span.parent_span_id.hex()) == (TRACE, "00f067aa0ba902b7")
        assert told == f"00-{TRACE}-{span.span_id.hex()}-01"
        assert attributes["faas.invoked_name"].string_value == called
        assert attributes["http.response.status_code"].int_value == 200
        assert attributes["faas_nomad.tries"].int_value == 1
        assert attributes["faas_nomad.call_id"].string_value == answer.headers["X-Call-Id"]


def metric(service: Service, name: str) -> float:
    lines = httpx.get(f"{service.gateway_url}/metrics", timeout=10).text.splitlines()
    return sum(float(line.split()[1]) for line in lines if line.startswith(f"{name} "))
