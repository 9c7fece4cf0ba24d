"""The http mode's process: started once, watched, told of signals, stopped last."""

import signal
import socket
from pathlib import Path

import pytest

from support.ports import free_port
from support.waiting import wait_until
from support.watchdog import WITHIN_S, RunningWatchdog, Start, is_running


def pid_of(watchdog: RunningWatchdog) -> int:
    return int(watchdog.ask("/pid").body)


def test_nothing_listens_before_the_function_does(serve: Start, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    watchdog = serve(starts="no", start_gate=str(gate))
    watchdog.wait_for_log("waiting at the gate")

    assert not watchdog.listens()
    gate.touch()
    wait_until(watchdog.listens, "the watchdog listens", WITHIN_S)
    assert watchdog.ask("/_/health").status == 200


def test_the_death_of_the_function_is_the_watchdogs(serve: Start) -> None:
    watchdog = serve()
    with watchdog.client() as waiting:
        waiting.say("GET /hang HTTP/1.1\r\nHost: f\r\n\r\n")
        watchdog.wait_for_log("hanging")
        watchdog.ask("/die")

        assert waiting.answer().status == 502
    assert watchdog.exit_status() == 1
    assert "the function exited with status 7" in watchdog.log()
    assert not watchdog.lock_file.exists()


def test_a_function_that_ends_before_it_listens_ends_the_watchdog(start: Start) -> None:
    watchdog = start(mode="http", fprocess="false", starts="no")

    assert watchdog.exit_status() == 1
    assert "the function exited with status 1 before it listened" in watchdog.log()


def test_a_port_that_another_process_has_is_refused(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        watchdog = start(
            mode="http", fprocess="sleep 60", upstream_url=f"http://127.0.0.1:{port}", starts="no"
        )

        assert watchdog.exit_status() == 1
    assert f"upstream_url: port {port} is already in use" in watchdog.log()


def test_a_port_may_be_named(serve: Start) -> None:
    port = free_port()
    watchdog = serve(PORT=str(port), upstream_url=f"http://localhost:{port}/base/")

    assert watchdog.ask("/echo").body.startswith(b"GET /base/echo HTTP/1.1\r\n")


def test_a_stop_lets_requests_finish_and_then_stops_the_function(
    serve: Start, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    watchdog = serve(gate=str(gate))
    pid = pid_of(watchdog)
    with watchdog.client() as client:
        client.say("GET /events HTTP/1.1\r\nHost: f\r\n\r\n")
        client.head()
        watchdog.terminate()
        wait_until(lambda: not watchdog.listens(), "the port is closed", WITHIN_S)
        assert is_running(pid)
        gate.touch()

        assert client.chunk() + client.chunk() == b"data: 1\n\ndata: 2\n\n"
        assert client.chunk() == b""
    assert watchdog.exit_status() == 0
    assert "function got signal 15" in watchdog.log()
    assert not is_running(pid)


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2])
def test_a_signal_that_is_no_stop_is_passed_on(serve: Start, number: signal.Signals) -> None:
    watchdog = serve()

    watchdog.process.send_signal(number)

    watchdog.wait_for_log(f"function got signal {number.value} and goes on")
    assert watchdog.ask("/echo").status == 200


def test_a_function_that_ignores_the_stop_is_killed(serve: Start) -> None:
    watchdog = serve(stubborn="yes", write_timeout="100ms")
    pid = pid_of(watchdog)

    watchdog.terminate()

    assert watchdog.exit_status() == 0
    wait_until(lambda: not is_running(pid), "the function is killed", WITHIN_S)


def test_a_stop_while_the_function_starts_is_obeyed(start: Start) -> None:
    watchdog = start(mode="http", fprocess="sleep 60", starts="no")
    wait_until(lambda: len(children(watchdog)) == 1, "the function is started", WITHIN_S)
    pid = children(watchdog)[0]

    watchdog.terminate()

    assert watchdog.exit_status() == 0
    wait_until(lambda: not is_running(pid), "the function is stopped", WITHIN_S)


def children(watchdog: RunningWatchdog) -> list[int]:
    pid = watchdog.process.pid
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def test_both_outputs_of_the_function_are_logged(serve: Start) -> None:
    watchdog = serve()
    watchdog.ask("/say")

    watchdog.wait_for_log(" stdout: to stdout\n")
    watchdog.wait_for_log(" stderr: to stderr\n")
