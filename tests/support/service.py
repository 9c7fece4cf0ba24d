"""faas-nomad itself as a separate process, as an operator starts it."""

import os
import ssl
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from support.ports import free_ports
from support.processes import Child, running
from support.waiting import wait_until

LISTENING_WITHIN_S = 20.0
IN_TOUCH_WITHIN_S = 20.0


@dataclass(frozen=True)
class Service:
    """A running faas-nomad: one address for clients, one for an OpenFaaS gateway."""

    gateway_url: str
    provider_url: str
    child: Child

    def health(self) -> dict[str, Any]:
        """Return what `/healthz?detail=1` says."""
        answer = httpx.get(f"{self.gateway_url}/healthz", params={"detail": "1"}, timeout=5)
        assert answer.status_code == 200, answer.text
        detail: dict[str, Any] = answer.json()
        return detail

    def knows_nomad(self) -> bool:
        """Say whether the service is in touch with Nomad at the moment."""
        return bool(self.health()["backends"]["nomad"]["connected"])

    def wait_for_nomad(self) -> None:
        """Wait until the service has found Nomad."""
        wait_until(self.knows_nomad, "in touch with Nomad", IN_TOUCH_WITHIN_S)


@contextmanager
def run_service(
    folder: Path,
    nomad_url: str,
    settings: Mapping[str, str] | None = None,
    verify: ssl.SSLContext | None = None,
) -> Iterator[Service]:
    """Run `faas-nomad serve` on free ports, with `settings` by their names, until the block ends.

    It need not have found Nomad when the block begins. With `verify` it speaks HTTPS.
    """
    port, gateway_port = free_ports(2)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "NOMAD_ADDR": nomad_url,
        "host": "127.0.0.1",
        "port": str(port),
        "gateway_port": str(gateway_port),
        **(settings or {}),
    }
    command = [sys.executable, "-m", "faas_nomad", "serve"]
    with running("faas-nomad", command, folder / "faas-nomad.log", environment) as child:
        scheme = "https" if verify else "http"
        gateway_url = f"{scheme}://127.0.0.1:{gateway_port}"
        wait_until(
            lambda: _listens(child, gateway_url, verify), "faas-nomad listens", LISTENING_WITHIN_S
        )
        yield Service(gateway_url, f"{scheme}://127.0.0.1:{port}", child)


def _listens(child: Child, url: str, verify: ssl.SSLContext | None) -> bool:
    child.check_alive()
    return httpx.get(f"{url}/healthz", timeout=2, verify=verify or True).status_code == 200
