"""Spans of API calls reach an OpenTelemetry collector, in the caller's trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from support.service import run_service
from support.waiting import wait_until

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
