"""The audit of dependencies, with a service of our own in place of OSV's."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tools import audit

WHEN = "2026-01-01T00:00:00Z"


class Osv(BaseHTTPRequestHandler):
    """Knows one vulnerability, of the package that `server.bad` names."""

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        bad = getattr(self.server, "bad", "")
        known = {"vulns": [{"id": "OSV-1", "modified": WHEN}]}
        self.answer(
            {"results": [known if q["package"]["name"] == bad else {} for q in asked["queries"]]}
        )

    def do_GET(self) -> None:
        self.answer({"id": "OSV-1", "summary": "It bites", "modified": WHEN, "published": WHEN})

    def answer(self, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def osv() -> Iterator[HTTPServer]:
    with HTTPServer(("127.0.0.1", 0), Osv) as serving:
        threading.Thread(target=serving.serve_forever, daemon=True).start()
        yield serving
        serving.shutdown()


def audited(osv: HTTPServer, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    code = audit.main([f"--service-url=http://127.0.0.1:{osv.server_port}/"])
    return code, capsys.readouterr().out


def test_a_locked_dependency_with_a_known_vulnerability_fails(
    osv: HTTPServer, capsys: pytest.CaptureFixture[str]
) -> None:
    osv.bad = "httpx"  # type: ignore[attr-defined]
    code, told = audited(osv, capsys)

    assert code == 1
    assert "httpx" in told
    assert "OSV-1: It bites" in told


def test_without_one_all_is_well(osv: HTTPServer, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = audited(osv, capsys)

    assert code == 0
    assert "no known vulnerabilities" in told


def test_data_that_cannot_be_reached_is_told_and_is_no_failure(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")

    assert audit.main(["--service-url=http://127.0.0.1:1/"]) == 0
    assert "not done, its data cannot be reached" in capsys.readouterr().out
