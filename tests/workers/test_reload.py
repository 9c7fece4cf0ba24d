"""SIGHUP: what can be changed while serving is, in one process and in workers."""

import os
import signal
from pathlib import Path

import httpx
import pytest

from support.ports import free_ports
from support.service import Service, run_service
from support.waiting import wait_until

WITHIN_S = 20.0


def refuses_a_large_head(service: Service) -> bool:
    """Ask over many connections, so that every worker is met."""
    statuses = {
        httpx.get(f"{service.gateway_url}/function/f", headers={"X-Large": "x" * 3000}).status_code
        for _ in range(20)
    }
    return statuses == {431}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_limits_and_log_level_are_taken_and_the_rest_takes_a_restart(
    workers: str, tmp_path: Path
) -> None:
    [nobody] = free_ports(1)
    file = tmp_path / "settings.yaml"
    file.write_text("max_head_bytes: 16Ki\nlog_level: warning\n")
    settings = {"FAAS_NOMAD_CONFIG": str(file), "workers": workers}
    with run_service(tmp_path, f"http://127.0.0.1:{nobody}", settings) as service:
        assert not refuses_a_large_head(service)
        assert "provider address" not in service.child.log_file.read_text()

        file.write_text("max_head_bytes: 2Ki\nlog_level: info\njob_driver: exec\n")
        os.kill(service.child.process.pid, signal.SIGHUP)
        wait_until(lambda: refuses_a_large_head(service), "the new limit holds", WITHIN_S)

        file.write_text("max_head_bytes: lots\n")
        os.kill(service.child.process.pid, signal.SIGHUP)
        log = service.child.log_file
        wait_until(lambda: "settings are wrong" in log.read_text(), "it is told", WITHIN_S)
        assert refuses_a_large_head(service)

        said = log.read_text()
        assert "max_head_bytes" in said
        assert "'job_driver'" in said
        assert "these settings take a restart" in said
