"""A stack file means to us what it means to faas-cli: what it sends is what is rendered."""

import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.stack_file import stack_from


def test_what_faas_cli_deploys_is_what_is_rendered(tmp_path: Path) -> None:
    binary = shutil.which("faas-cli")
    if binary is None:
        pytest.skip("faas-cli is not on PATH")
    text = STACK
    (tmp_path / "more.yml").write_text("environment:\n  B: 2\n  C: 0o17\n")
    (tmp_path / "template/python3").mkdir(parents=True)
    (tmp_path / "template/python3/template.yml").write_text("fprocess: python index.py\n")
    (tmp_path / "stack.yaml").write_text(text)
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TAG": "2.0"}

    with recorder() as (url, bodies):
        subprocess.run(
            [binary, "deploy", "--gateway", url],
            cwd=tmp_path,
            env=environ,
            capture_output=True,
            timeout=60,
            check=True,
        )

    ours = stack_from(text, environ, lambda name: (tmp_path / name).read_text()).functions
    theirs = {body["service"]: FunctionDeployment.model_validate(body) for body in bodies}
    assert {fn.service: fn for fn in ours} == theirs
    assert len(ours) == 3


STACK = """
version: 1.0
provider:
  name: openfaas
functions:
  full:
    lang: dockerfile
    handler: ./x
    image: functions/full:${TAG:-1}
    fprocess: cat
    namespace: dev
    readonly_root_filesystem: true
    environment: {A: 1.10, B: "1", T: true, N: null, P: "costs $$5 and $${X}", S: 'a\\\\b'}
    environment_file: [more.yml]
    labels: {com.openfaas.scale.min: 2}
    annotations: {topic: "${TOPIC:-a b}"}
    limits: {memory: 64Mi, cpu: 100m}
    requests: {memory: 32Mi}
    constraints: ["node.class == x"]
    secrets: [one, two]
  templated:
    lang: python3
    handler: ./y
    image: functions/templated
  bare:
    image: functions/bare:1
    skip_build: true
"""


@contextmanager
def recorder() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """A gateway that takes every deployment and remembers it."""
    bodies: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(json.loads(body))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
