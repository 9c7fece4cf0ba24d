"""The official OpenFaaS Go client for tests: every answer went through its own types."""

import base64
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CALL_WITHIN_S = 30.0
Json = dict[str, Any]


@dataclass(frozen=True)
class Exchange:
    """One HTTP exchange that the client made, as it was on the wire."""

    method: str
    path: str
    status: int
    headers: Mapping[str, list[str]]
    body: str


@dataclass(frozen=True)
class Reply:
    """What the client made of it: `error` is empty when it was satisfied."""

    result: Any
    error: str
    exchanges: tuple[Exchange, ...]

    @property
    def status(self) -> int:
        """The status of the last exchange; 0 when there was none."""
        return self.exchanges[-1].status if self.exchanges else 0

    @property
    def body(self) -> str:
        """The body of the last exchange."""
        return self.exchanges[-1].body if self.exchanges else ""


@dataclass(frozen=True)
class GoSdk:
    """The client for one address, with basic auth when `user` is given."""

    binary: Path
    url: str
    user: str = ""
    password: str = ""
    ca_file: str = ""
    """The authority of an HTTPS address; empty: the system's."""

    def deploy(self, deployment: Json) -> Reply:
        return self.call("deploy", deployment=deployment)

    def update(self, deployment: Json) -> Reply:
        return self.call("update", deployment=deployment)

    def delete(self, name: str, namespace: str = "") -> Reply:
        return self.call("delete", name=name, namespace=namespace)

    def get(self, name: str, namespace: str = "") -> Reply:
        return self.call("get", name=name, namespace=namespace)

    def list(self, namespace: str = "") -> Reply:
        return self.call("list", namespace=namespace)

    def scale(self, name: str, replicas: int, namespace: str = "") -> Reply:
        return self.call("scale", name=name, replicas=replicas, namespace=namespace)

    def info(self) -> Reply:
        return self.call("info")

    def invoke(self, name: str, method: str = "POST", body: str = "", namespace: str = "") -> Reply:
        return self.call("invoke", name=name, method=method, body=body, namespace=namespace)

    def secrets(self, namespace: str = "") -> Reply:
        return self.call("secrets", namespace=namespace)

    def create_secret(self, name: str, value: str | bytes, namespace: str = "") -> Reply:
        return self.call("create-secret", secret=_secret(name, value, namespace))

    def update_secret(self, name: str, value: str | bytes, namespace: str = "") -> Reply:
        return self.call("update-secret", secret=_secret(name, value, namespace))

    def delete_secret(self, name: str, namespace: str = "") -> Reply:
        return self.call("delete-secret", name=name, namespace=namespace)

    def call(self, call: str, /, **parameters: Any) -> Reply:
        """Make any of the calls that `sdk/calls.go` lists."""
        request = {
            "url": self.url,
            "user": self.user,
            "password": self.password,
            "timeout_s": CALL_WITHIN_S,
            **parameters,
        }
        answer = _run(self.binary, call, request, environment_with(self.ca_file))
        exchanges = tuple(Exchange(**exchange) for exchange in answer["exchanges"] or ())
        return Reply(answer["result"], answer["error"], exchanges)


def environment_with(ca_file: str) -> dict[str, str]:
    """Return the environment in which Go programs trust that authority alone."""
    return {**os.environ, "SSL_CERT_FILE": ca_file} if ca_file else dict(os.environ)


def _secret(name: str, value: str | bytes, namespace: str) -> Json:
    """Text goes as `value`, bytes as `rawValue`, as the client's users do."""
    if isinstance(value, bytes):
        kept: Json = {"rawValue": base64.b64encode(value).decode()}
    else:
        kept = {"value": value}
    return {"name": name, "namespace": namespace, **kept}


def _run(binary: Path, name: str, request: Json, environment: Mapping[str, str]) -> Json:
    done = subprocess.run(
        [str(binary), name],
        input=json.dumps(request),
        env=environment,
        capture_output=True,
        text=True,
        timeout=CALL_WITHIN_S + 10,
    )
    assert done.returncode == 0, f"sdk {name}: {done.stderr}"
    answer: Json = json.loads(done.stdout)
    return answer
