"""A service that starts: callers are let in once functions are known, and not kept out for long."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from support.nomad_cluster import run_stand_in
from support.ports import free_ports
from support.processes import Child, running
from support.waiting import wait_until

WITHIN_S = 30.0


@contextmanager
def starting(folder: Path, nomad_url: str, workers: str) -> Iterator[tuple[Child, str]]:
    """Start a service and do not wait for it."""
    port, gateway_port = free_ports(2)
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "NOMAD_ADDR": nomad_url,
        "host": "127.0.0.1",
        "port": str(port),
        "gateway_port": str(gateway_port),
        "workers": workers,
    }
    command = [sys.executable, "-m", "faas_nomad", "serve"]
    with running("faas-nomad", command, folder / "faas-nomad.log", environment) as child:
        yield child, f"http://127.0.0.1:{gateway_port}"


def first_answer(child: Child, url: str) -> httpx.Response:
    """Return the first answer that a caller gets who tries again as a balancer does."""

    def ask() -> httpx.Response | None:
        child.check_alive()
        try:
            return httpx.get(url, timeout=10)
        except httpx.ConnectError:
            return None

    answer = wait_until(lambda: [found] if (found := ask()) else [], "it answers", WITHIN_S)
    return answer[0]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_first_answer_comes_when_functions_are_known(workers: str, tmp_path: Path) -> None:
    with (
        run_stand_in(tmp_path) as nomad_url,
        starting(tmp_path, nomad_url, workers) as (child, url),
    ):
        assert first_answer(child, f"{url}/function/nobody").status_code == 404
        assert httpx.get(f"{url}/readyz", timeout=5).status_code == 200


def test_a_nomad_that_says_nothing_does_not_keep_callers_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        nomad_url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with starting(tmp_path, nomad_url, "1") as (child, url):
            assert first_answer(child, f"{url}/readyz").status_code == 503
