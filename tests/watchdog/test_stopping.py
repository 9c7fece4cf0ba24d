"""The stop in good order, and other signals."""

import signal
from pathlib import Path

import pytest

from support.waiting import wait_until
from support.watchdog import WITHIN_S, Start, is_running, pid_in


def test_a_stop_is_announced_before_it_happens(start: Start) -> None:
    watchdog = start(fprocess="cat", healthcheck_interval="700ms")
    with watchdog.client() as client:
        assert client.ask("/", "POST", b"1").body == b"1"
        watchdog.terminate()
        wait_until(lambda: watchdog.ask("/_/health").status == 503, "unhealthy", WITHIN_S)

        assert not watchdog.lock_file.exists()
        assert watchdog.ask("/", "POST", b"new").body == b"new"
        answer = client.ask("/", "POST", b"kept")
        assert (answer.body, answer.headers["connection"]) == (b"kept", "close")
    assert watchdog.exit_status() == 0


def test_a_stop_waits_for_requests_and_not_for_idle_clients(start: Start, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    function = f'["sh","-c","until [ -e {gate} ]; do sleep 0.01; done; echo done"]'
    watchdog = start(fprocess=function)
    with watchdog.client() as idle, watchdog.client() as busy:
        busy.say("GET / HTTP/1.1\r\nHost: f\r\n\r\n")
        watchdog.terminate()
        wait_until(lambda: not watchdog.listens(), "the port is closed", WITHIN_S)

        assert idle.is_closed()
        gate.touch()
        assert busy.answer().body == b"done\n"
    assert watchdog.exit_status() == 0


def test_a_stop_waits_no_longer_than_write_timeout(start: Start, tmp_path: Path) -> None:
    function = f'["sh","-c","echo $$ > {tmp_path}/pid; exec sleep 60"]'
    watchdog = start(fprocess=function, write_timeout="300ms", exec_timeout="0")
    with watchdog.client() as client:
        client.say("GET / HTTP/1.1\r\nHost: f\r\n\r\n")
        pid = pid_in(tmp_path / "pid")
        watchdog.terminate()

        assert watchdog.exit_status() == 0
    wait_until(lambda: not is_running(pid), "the process is killed", WITHIN_S)


def test_a_second_signal_ends_it_at_once(start: Start) -> None:
    watchdog = start(fprocess="cat", healthcheck_interval="1h")
    watchdog.terminate()
    watchdog.wait_for_log("stopping")

    watchdog.terminate()

    assert watchdog.exit_status() == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_a_signal_for_a_function_that_is_no_server_does_nothing(
    start: Start, number: signal.Signals
) -> None:
    watchdog = start(fprocess="cat")

    watchdog.process.send_signal(number)

    assert watchdog.ask("/", "POST", b"still here").body == b"still here"
    assert watchdog.process.poll() is None
