"""The image's health check: whom it asks, and what it says."""

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from faas_nomad.health import main, url_of
from support.certificates import make_authority


class Answering(BaseHTTPRequestHandler):
    """Answers the status that its path ends with."""

    def do_GET(self) -> None:
        self.send_response(int(self.path.rpartition("/")[2]))
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Answering) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()


@pytest.mark.parametrize(
    ("environ", "url"),
    [
        ({}, "http://127.0.0.1:8081/healthz"),
        ({"port": "9001"}, "http://127.0.0.1:9001/healthz"),
        ({"PORT": "9002", "port": "9001"}, "http://127.0.0.1:9002/healthz"),
        ({"tls_cert": "/c.pem"}, "https://127.0.0.1:8081/healthz"),
    ],
)
def test_the_provider_address_of_the_environment_is_asked(
    environ: dict[str, str], url: str
) -> None:
    assert url_of(environ) == url


def test_one_that_serves_is_healthy(server: str) -> None:
    assert main([f"{server}/200"], {}) == 0


def test_one_that_serves_over_tls_under_another_name_is_healthy(tmp_path: Path) -> None:
    shown = make_authority(tmp_path).issue("service", names="DNS:functions.example.com")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(shown.cert_file, shown.key_file)
    with HTTPServer(("127.0.0.1", 0), Answering) as serving:
        serving.socket = context.wrap_socket(serving.socket, server_side=True)
        threading.Thread(target=serving.serve_forever, daemon=True).start()

        assert main([f"https://127.0.0.1:{serving.server_port}/200"], {}) == 0
        serving.shutdown()


@pytest.mark.parametrize("status", [204, 404, 503])
def test_any_other_answer_is_told(
    server: str, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([f"{server}/{status}"], {}) == 1
    assert str(status) in capsys.readouterr().err


def test_one_that_does_not_answer_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["http://127.0.0.1:1/healthz"], {}) == 1
    assert "refused" in capsys.readouterr().err
