"""The whole service with workers, as an operator starts it."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from support.ports import free_ports
from support.service import Service, run_service
from support.waiting import wait_until


@contextmanager
def service_with_workers(folder: Path) -> Iterator[tuple[Service, list[int]]]:
    [nowhere] = free_ports(1)
    with run_service(folder, f"http://127.0.0.1:{nowhere}", {"workers": "2"}) as service:
        wait_until(lambda: _metric(service, "faas_nomad_workers") == 2, "both listen", 15)
        yield service, _children(service.child.process.pid)


def test_the_service_answers_through_its_workers_and_ends_them_with_itself(
    tmp_path: Path,
) -> None:
    with service_with_workers(tmp_path) as (service, pids):
        assert len(pids) == 2
        name = "faas_nomad_caller_connections_total"
        before = _metric(service, name)
        with httpx.Client(headers={"Connection": "close"}, timeout=5) as http:
            for url in (service.gateway_url, service.provider_url) * 10:
                assert http.get(f"{url}/healthz").status_code == 200
        wait_until(lambda: _metric(service, name) >= before + 20, "all are counted", 5)
        assert _metric(service, "faas_nomad_worker_restarts_total") == 0

        service.child.process.send_signal(signal.SIGTERM)

        assert service.child.process.wait(15) == 0, service.child.log_tail()
        assert not any(map(_is_alive, pids))
        assert "cut off" not in service.child.log_tail()


def test_workers_end_when_the_service_is_killed(tmp_path: Path) -> None:
    with service_with_workers(tmp_path) as (service, pids):
        service.child.process.kill()

        wait_until(lambda: not any(map(_is_alive, pids)), "the workers have ended", 10)


def _metric(service: Service, name: str) -> float:
    answer = httpx.get(f"{service.gateway_url}/metrics", timeout=5)
    values = [line.split()[1] for line in answer.text.splitlines() if line.startswith(f"{name} ")]
    return float(values[0]) if values else -1


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False
