"""SIGTERM with a shutdown delay: balancers are told to leave first, and callers lose nothing."""

import signal
from pathlib import Path

import httpx
import pytest

from support.ports import free_ports
from support.service import run_service
from support.waiting import wait_until

WITHIN_S = 20.0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_service_that_stops_serves_on_until_balancers_have_left(
    workers: str, tmp_path: Path
) -> None:
    [nobody] = free_ports(1)
    settings = {"workers": workers, "shutdown_delay": "3s"}
    with (
        run_service(tmp_path, f"http://127.0.0.1:{nobody}", settings) as service,
        httpx.Client(base_url=service.gateway_url, timeout=10) as kept,
    ):
        assert "connection" not in kept.get("/system/info").headers
        service.child.process.send_signal(signal.SIGTERM)

        def is_leaving() -> bool:
            return httpx.get(f"{service.gateway_url}/healthz", timeout=5).status_code == 503

        wait_until(is_leaving, "/healthz sends balancers away", WITHIN_S)
        answer = kept.get("/system/info")
        assert (answer.status_code, answer.headers["connection"]) == (200, "close")
        assert kept.get("/function/nobody").status_code == 503  # not known without Nomad
        assert service.child.process.wait(WITHIN_S) == 0, service.child.log_tail()
