"""faas-nomad, Prometheus and Alertmanager as jobs of a real Nomad, from the files we ship."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from support.alert_receiver import AlertReceiver, run_alert_receiver
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.ports import free_ports
from support.requirements import lacking
from support.shipped_jobs import as_raw_exec, run_job, shipped_job
from support.waiting import wait_until

PASSWORD = "alert-password"


@dataclass(frozen=True)
class Monitoring:
    """Where everything is."""

    gateway_url: str
    prometheus_url: str
    alertmanager_url: str
    receiver: AlertReceiver

    def prometheus(self, path: str, **params: str) -> Any:
        """Return the data of a successful answer of Prometheus' API."""
        reply = httpx.get(f"{self.prometheus_url}/api/v1/{path}", params=params, timeout=10)
        assert reply.status_code == 200, reply.text
        return reply.json()["data"]


def require_program(name: str, package: str) -> str:
    """Return a program's path, or do without the test."""
    return shutil.which(name) or lacking(f"no {name}: install {package}")


@contextmanager
def run_monitoring() -> Iterator[Monitoring]:
    """Run all three until the block ends; alerts for scaling go to the receiver."""
    commands = {
        "prometheus": [require_program("prometheus", "prometheus")],
        "alertmanager": [require_program("prometheus-alertmanager", "prometheus-alertmanager")],
        "faas-nomad": [sys.executable, "-m", "faas_nomad", "serve"],
    }
    gateway, provider, prometheus, alertmanager = free_ports(4)
    with (
        # Short: the task API's socket lies below it, and a socket's path has at most 107 bytes.
        tempfile.TemporaryDirectory(prefix="fn") as folder,
        run_nomad_agent(require_nomad(), Path(folder)) as agent,
        run_alert_receiver() as receiver,
    ):
        variable = {"Path": "nomad/jobs/faas-nomad-monitoring", "Namespace": "default"}
        httpx.put(
            f"{agent.address}/v1/var/{variable['Path']}",
            json={**variable, "Items": {"basic_auth_password": PASSWORD}},
        ).raise_for_status()
        service = shipped_job(
            "faas-nomad.nomad.hcl",
            {"image": "x", "instances": 1, "gateway_port": gateway, "provider_port": provider},
        )
        run_job(agent, as_raw_exec(service, commands))
        watchers = shipped_job(
            "monitoring.nomad.hcl",
            {
                "prometheus_port": prometheus,
                "alertmanager_port": alertmanager,
                "alert_url": receiver.url,
            },
        )
        run_job(agent, as_raw_exec(watchers, commands))
        found = Monitoring(_url(gateway), _url(prometheus), _url(alertmanager), receiver)
        wait_until(lambda: _is_in_touch(found.gateway_url), "faas-nomad found Nomad", 30)
        for url in (found.prometheus_url, found.alertmanager_url):
            wait_until(partial(_is_ready, url), f"what runs at {url} is ready", 60)
        yield found


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _is_ready(url: str) -> bool:
    return httpx.get(f"{url}/-/ready", timeout=5).is_success


def _is_in_touch(url: str) -> bool:
    health = httpx.get(f"{url}/healthz", params={"detail": "1"}, timeout=5).json()
    return bool(health["backends"]["nomad"]["connected"])
