"""The first function: deployed and called through the public HTTP API, as any client would."""

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

ANSWER_WITHIN_S = 60.0
POLL_S = 0.05
SERVICE = "shout"
QUESTION = "hello from nomad"

DEPLOYMENT: dict[str, Any] = {
    "service": SERVICE,
    "image": "none",
    "envProcess": "tr a-z A-Z",
    "labels": {"com.openfaas.scale.min": "1", "com.openfaas.scale.max": "5"},
    "annotations": {"com.openfaas.nomad.driver": "raw_exec"},
}


class FirstFunctionError(RuntimeError):
    """It could not be deployed or did not answer; the text says what was answered instead."""


@dataclass(frozen=True)
class Api:
    """The service's address and, where it asks for them, credentials."""

    url: str
    user: str = ""
    password: str = ""

    def call(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Return status and body; status 0 when nothing answers."""
        request = urllib.request.Request(self.url + path, body, method=method)  # noqa: S310
        if self.user:
            pair = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
            request.add_header("Authorization", f"Basic {pair}")
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return answer.status, answer.read()
        except urllib.error.HTTPError as err:
            return err.code, err.read()
        except OSError as err:
            return 0, str(err).encode()


def deploy(api: Api) -> None:
    """Deploy the function, or update it when it is there. Raises: FirstFunctionError."""
    body = json.dumps(DEPLOYMENT).encode()
    status, text = api.call("PUT", "/system/functions", body)
    if status == 404:
        status, text = api.call("POST", "/system/functions", body)
    if status not in (200, 202):
        raise FirstFunctionError(f"deploy: {status} {text.decode(errors='replace').strip()}")


def call_until_answered(api: Api, alive: Callable[[], bool]) -> str:
    """Return the function's answer to the question. Raises: FirstFunctionError."""
    deadline_s = time.monotonic() + ANSWER_WITHIN_S
    status, text = 0, b""
    while time.monotonic() < deadline_s and alive():
        status, text = api.call("POST", f"/function/{SERVICE}", QUESTION.encode())
        if status == 200:
            return text.decode(errors="replace").strip()
        time.sleep(POLL_S)
    raise FirstFunctionError(f"call: {status} {text.decode(errors='replace').strip()}")
