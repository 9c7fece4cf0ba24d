"""What the stack tests run on, and the function that they deploy."""

import itertools
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nomad
import pytest

from support.consul_server import ConsulServer
from support.consul_site import consul_settings
from support.secure_nomad import SecureNomad

DISCOVERY = os.environ.get("STACK_DISCOVERY", "")
"""nomad, consul or consul-acl for every stack test; empty for what each of them asks for."""
RAW_EXEC = pytest.param("raw_exec", marks=[pytest.mark.real, pytest.mark.go])
DOCKER = pytest.param("docker", marks=[pytest.mark.real, pytest.mark.go, pytest.mark.docker])
PODMAN = pytest.param("podman", marks=[pytest.mark.real, pytest.mark.go])
"""With NOMAD_PODMAN_PLUGIN, the path of its plugin, which is no part of Nomad."""
CONSUL = pytest.param("raw_exec/consul-acl", marks=[pytest.mark.real, pytest.mark.go])
"""Functions found through a Consul with ACLs, in place of Nomad's own services."""
SECURE = pytest.param("raw_exec/nomad-tls", marks=[pytest.mark.real, pytest.mark.go])
"""A Nomad with ACLs and mutual TLS, and services with the least rights that work."""
CONTAINERS = [DOCKER, PODMAN] if os.environ.get("NOMAD_PODMAN_PLUGIN") else [DOCKER]
EVERY_WORLD = [RAW_EXEC, *CONTAINERS, *([] if DISCOVERY else [CONSUL])]
WHATEVER_DRIVER = pytest.mark.parametrize("world", [RAW_EXEC], indirect=True)
"""For modules whose tests do not depend on the driver: they run on one of them."""
ON_RAW_EXEC = WHATEVER_DRIVER
"""For tests that need the driver `raw_exec` or its watchdog, which stamps functions' lines."""

Json = dict[str, Any]
_SERIAL = itertools.count(1)


@dataclass(frozen=True)
class EchoImage:
    """The echo function as a driver wants it: an image, or a program run by the watchdog."""

    image: str
    process: str = ""

    def deployment(self, name: str, version: str) -> Json:
        """Return a deployment of it; `version` comes back in every answer."""
        body: Json = {"service": name, "image": self.image, "envVars": {"VERSION": version}}
        if self.process:
            body["envProcess"] = self.process
            body["envVars"]["mode"] = "http"
        return body


@dataclass(frozen=True)
class World:
    """A Nomad, the driver under test, and where the programs are."""

    driver: str
    nomad_url: str
    nomad_pid: int
    sdk_binary: Path
    echo: EchoImage
    folder: Path
    consul: ConsulServer | None = None
    secure: SecureNomad | None = None

    def settings(self, job_name_prefix: str, **more: str) -> dict[str, str]:
        """Return a service's settings; services with different prefixes do not see each other."""
        found = {"job_driver": self.driver, "job_name_prefix": job_name_prefix}
        if self.consul is not None:
            found |= consul_settings(self.consul, job_name_prefix)
        if self.secure is not None:
            found |= self.secure.settings(job_name_prefix)
        return {**found, **more}

    def deployment(self, version: str = "1", **fields: Any) -> Json:
        """Return a deployment of the echo function under a new name, with `fields` laid over."""
        body = self.echo.deployment(f"echo-{next(_SERIAL)}", version)
        env_vars = {**body["envVars"], **fields.pop("envVars", {})}
        return {**body, "envVars": env_vars, **fields}

    @property
    def nomad(self) -> nomad.Nomad:
        """A second, independent client that reads what the service wrote."""
        if self.secure is not None:
            return self.secure.second()
        address = urlsplit(self.nomad_url)
        return nomad.Nomad(host=address.hostname, port=address.port, timeout=10)
