"""The OpenFaaS gateway, where its program `gateway` is on PATH.

What it does is known of the last commit under the MIT licence, openfaas/faas 1ab3f32; later ones
have a licence of their own. It listens on ports that no setting moves, so one runs at a time.
"""

import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import httpx
import pytest

from faas_nomad.dev.agent import is_free
from support.processes import Child, running
from support.service import Service
from support.waiting import wait_until

PORT, METRICS_PORT = 8080, 8082
URL = f"http://127.0.0.1:{PORT}"
LISTENING_WITHIN_S = 20.0
POLLED_WITHIN_S = 20.0
"""It asks for functions every 5 s."""


@dataclass(frozen=True)
class OfGateway:
    """A running gateway."""

    child: Child

    def wait_for_gauge(self, name: str, replicas: int) -> None:
        """Wait until its own poll has seen that many replicas of NAME.NAMESPACE."""
        line = f'gateway_service_count{{function_name="{name}"}} {replicas}\n'

        def is_told() -> bool:
            self.child.check_alive()
            return line in httpx.get(f"http://127.0.0.1:{METRICS_PORT}/metrics", timeout=5).text

        wait_until(is_told, line, POLLED_WITHIN_S)


def require_of_gateway() -> str:
    """Return the path of its program; skip the test without it, or where its ports are taken."""
    binary = shutil.which("gateway")
    if binary is None:
        pytest.skip("the OpenFaaS gateway is not on PATH")
    if not (is_free(PORT) and is_free(METRICS_PORT)):
        pytest.skip(f"the OpenFaaS gateway's port {PORT} or {METRICS_PORT} is taken")
    return binary


@contextmanager
def run_of_gateway(binary: str, service: Service, **settings: str) -> Iterator[OfGateway]:
    """Run it before the service's provider address, with a Prometheus that knows nothing."""
    with ExitStack() as stack:
        environment = {
            "functions_provider_url": f"{service.provider_url}/",
            "function_namespace": "openfaas-fn",
            "faas_prometheus_host": "127.0.0.1",
            "faas_prometheus_port": str(stack.enter_context(_empty_prometheus())),
            **settings,
        }
        log = service.child.log_file.with_name("of-gateway.log")
        child = stack.enter_context(running("gateway", [binary], log, environment))
        wait_until(lambda: _listens(child), "the gateway listens", LISTENING_WITHIN_S)
        yield OfGateway(child)


def _listens(child: Child) -> bool:
    child.check_alive()
    return httpx.get(f"{URL}/healthz", timeout=5).status_code == 200


class _NothingKnown(BaseHTTPRequestHandler):
    """Without an answer to its query the gateway drops whoever asks for the list."""

    def do_GET(self) -> None:
        body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": []}})
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def _empty_prometheus() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), _NothingKnown) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()
