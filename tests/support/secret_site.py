"""A service for tests of secrets, which remembers all that could give a value away."""

import base64
import itertools
import json
import os
from contextlib import AbstractContextManager
from typing import Any

import httpx

from support.functions import Functions
from support.go_sdk import GoSdk, Reply
from support.service import Service
from support.waiting import wait_until
from support.world import World

RENDERED_WITHIN_S = 15.0
_SERIAL = itertools.count(1)


class SecretSite(AbstractContextManager["SecretSite"]):
    """Makes secrets with values that are found again wherever they should not be."""

    def __init__(self, world: World, service: Service) -> None:
        self.world = world
        self.service = service
        self.sdk = GoSdk(world.sdk_binary, service.gateway_url)
        self.used: list[bytes] = []
        self.said: list[str] = []
        self._made: list[tuple[str, str]] = []

    def __exit__(self, *exc_info: object) -> None:
        for name, namespace in self._made:
            reply = self.sdk.delete_secret(name, namespace)
            assert reply.status in (202, 400, 404), reply  # 400: gone with its namespace

    def value(self, size: int = 32) -> bytes:
        """Return random bytes that are remembered."""
        value = os.urandom(size)
        self.used.append(value)
        return value

    def text(self) -> str:
        """Return a random text that is remembered."""
        text = f"s3cret-{os.urandom(12).hex()}"
        self.used.append(text.encode())
        return text

    def create(self, value: str | bytes, name: str = "", namespace: str = "") -> str:
        """Create a secret; without a name, under a new one."""
        name = name or f"secret-{next(_SERIAL)}"
        self._made.append((name, namespace))
        self.check(self.sdk.create_secret(name, value, namespace))
        return name

    def check(self, reply: Reply, status: int = 202) -> None:
        """Fail unless the call ended with `status`; remember what was answered."""
        self.said.append(json.dumps([reply.error, reply.body, str(reply.exchanges)]))
        assert reply.status == status, reply

    def read(self, functions: Functions, function: str, name: str) -> httpx.Response:
        """Return the secret's file as the function reads it."""
        return functions.invoke(function, headers={"X-Echo-Secret": name})

    def wait_read(self, functions: Functions, function: str, name: str, wanted: bytes) -> None:
        """Wait until the function reads that value."""

        def reads() -> bool:
            return self.read(functions, function, name).content == wanted

        wait_until(reads, f"{function} reads the new value of {name}", RENDERED_WITHIN_S)

    def remember_nomad(self) -> None:
        """Remember every job with its versions, allocations and evaluations as Nomad has them."""
        nomad = self.world.nomad
        found: list[Any] = [nomad.allocations.get_allocations(namespace="*")]
        found.append(nomad.evaluations.get_evaluations())
        for job in nomad.jobs.get_jobs(namespace="*"):
            within = {"namespace": job["Namespace"]}
            reply = nomad.job.request(job["ID"], "versions", params=within, method="get")
            found.append(reply.json())
        self.said.append(json.dumps(found))

    def leaks(self) -> list[str]:
        """Return which of the values used are in a log line, metric, answer or job, and where."""
        places = {
            "log": self.service.child.log_file.read_text(errors="replace"),
            "metrics": httpx.get(f"{self.service.gateway_url}/metrics").text,
            "health": json.dumps(self.service.health()),
            "answers and jobs": "\n".join(self.said),
        }
        return [
            f"{value[:8]!r}… in {place}"
            for place, text in places.items()
            for value in self.used
            if any(form in text for form in _forms(value))
        ]


def _forms(value: bytes) -> list[str]:
    """Return how a value might be written: as text, escaped, in base64 (whole or its middle)."""
    if len(value) < 8:
        return []
    encoded = base64.b64encode(value).decode()
    return [
        value.decode("latin-1"),
        json.dumps(value.decode("latin-1"))[1:-1],
        encoded,
        value.hex(),
    ]
