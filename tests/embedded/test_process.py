"""The stand-in as a process of its own: how it begins, and that nothing outlives it."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from support.nomad_job_specs import SECOND_NS, web_job
from support.processes import processes_of_allocation
from support.waiting import wait_until

COMMAND = (sys.executable, "-m", "faas_nomad.embedded")
WITHIN_S = 10.0


@contextmanager
def stand_in(folder: Path, *options: str) -> Iterator[tuple["subprocess.Popen[bytes]", str]]:
    """Run the stand-in; give its process and address."""
    command = [*COMMAND, "--port", "0", "--data-dir", str(folder), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        yield process, address_from(process)
    finally:
        process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def address_from(process: "subprocess.Popen[bytes]") -> str:
    """Return the address that the stand-in prints first."""
    assert process.stdout is not None
    return process.stdout.readline().decode().split(" at ")[1].split(",")[0]


def started_task(address: str) -> str:
    """Run a task that ignores SIGTERM and has a child; return its allocation's ID."""
    script = "trap '' TERM; sleep 600 & sleep 600; wait"
    job = web_job(
        "x", Config={"command": "/bin/sh", "args": ["-c", script]}, KillTimeout=20 * SECOND_NS
    )
    httpx.post(f"{address}/v1/jobs", json={"Job": job}).raise_for_status()

    def running() -> str:
        found = httpx.get(f"{address}/v1/allocations").json()
        live = [a["ID"] for a in found if a["ClientStatus"] == "running"]
        return live[0] if live and len(processes_of_allocation(live[0])) >= 3 else ""

    return wait_until(running, "the task and its children run", WITHIN_S)


def test_it_prints_its_address_and_serves(tmp_path: Path) -> None:
    with stand_in(tmp_path) as (_, address):
        assert httpx.get(f"{address}/v1/nodes").json()[0]["Status"] == "ready"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_and_all_its_tasks(tmp_path: Path, number: signal.Signals) -> None:
    with stand_in(tmp_path) as (process, address):
        alloc_id = started_task(address)

        process.send_signal(number)

        assert process.wait(WITHIN_S) == 0
        assert processes_of_allocation(alloc_id) == []


def test_its_violent_end_leaves_no_task_behind(tmp_path: Path) -> None:
    with stand_in(tmp_path) as (process, address):
        alloc_id = started_task(address)

        process.kill()

        wait_until(lambda: not processes_of_allocation(alloc_id), "the task is gone", WITHIN_S)


def test_it_ends_when_its_parent_is_gone(tmp_path: Path) -> None:
    script = "import subprocess, sys; subprocess.Popen(sys.argv[1:]).wait()"
    command = [sys.executable, "-c", script, *COMMAND, "--port", "0", "--data-dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        try:
            address = address_from(parent)
            alloc_id = started_task(address)
        finally:
            parent.kill()

        wait_until(lambda: not is_served(address), "the stand-in is gone", WITHIN_S)
        wait_until(lambda: not processes_of_allocation(alloc_id), "its task is gone", WITHIN_S)


def is_served(address: str) -> bool:
    """Tell whether somebody answers there."""
    try:
        httpx.get(f"{address}/v1/status/leader")
    except httpx.TransportError:
        return False
    return True


def test_its_files_are_gone_when_no_folder_was_named() -> None:
    process = subprocess.Popen([*COMMAND, "--port", "0"], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as output:
        line = output.readline().decode()
        folder = Path(line.split("files in ")[1].strip())
        assert folder.is_dir()
        assert folder.stat().st_mode & 0o777 == 0o711
        process.terminate()
        assert process.wait(WITHIN_S) == 0

    assert not folder.exists()


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "example.com"])
def test_only_a_loopback_address_is_served(host: str) -> None:
    found = subprocess.run([*COMMAND, "--host", host], capture_output=True, timeout=WITHIN_S)

    assert found.returncode == 1
    assert b"the stand-in cannot serve" in found.stderr


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        found = subprocess.run([*COMMAND, "--port", port], capture_output=True, timeout=WITHIN_S)

    assert found.returncode == 1
    assert b"the stand-in cannot serve" in found.stderr


def test_little_of_its_environment_reaches_a_task(tmp_path: Path) -> None:
    os.environ["STAND_IN_SECRET"] = "x"
    try:
        with stand_in(tmp_path) as (_, address):
            alloc_id = started_task(address)
            (pid, *_) = processes_of_allocation(alloc_id)
            environment = Path(f"/proc/{pid}/environ").read_bytes()
    finally:
        del os.environ["STAND_IN_SECRET"]

    assert b"STAND_IN_SECRET" not in environment
    assert b"PATH=" in environment
