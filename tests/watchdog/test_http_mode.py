"""The http mode: one process that is a server, requests proxied to it."""

import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.waiting import wait_until
from support.watchdog import WITHIN_S, Client, RunningWatchdog, Start, free_port, is_running
from support.watchdog import watchdog as running_watchdog

UPSTREAM = Path(__file__).parent / "upstream.py"


@pytest.fixture
def serve(start: Start) -> Start:
    """Start a watchdog in http mode before the server in upstream.py."""
    return lambda **env: start(
        **{"mode": "http", "fprocess": f"python3 -I -S {UPSTREAM}", "log": "yes", **env}
    )


@pytest.fixture(scope="module")
def served(zipapp: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWatchdog]:
    """A watchdog before the server in upstream.py that many tests ask; none stops it."""
    environment = {"mode": "http", "fprocess": f"python3 -I -S {UPSTREAM}"}
    with running_watchdog(zipapp, tmp_path_factory.mktemp("served"), environment) as running:
        yield running


def pid_of(watchdog: RunningWatchdog) -> int:
    return int(watchdog.ask("/pid").body)


def test_requests_are_passed_on_as_they_are(served: RunningWatchdog) -> None:
    answer = served.ask("/echo/a%2Fb?x=1&y", "PATCH", b"body", "X-Mine: v\r\nX-Mine: w\r\n")

    head, _, body = answer.body.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "PATCH /echo/a%2Fb?x=1&y HTTP/1.1"
    assert {"Host: f", "X-Mine: v", "X-Mine: w", "Content-Length: 4"} <= set(lines[1:])
    assert body == b"body"
    assert float(answer.headers["x-duration-seconds"]) > 0


def test_hop_by_hop_fields_stay_on_their_hop(served: RunningWatchdog) -> None:
    headers = "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nTE: trailers\r\n"

    answer = served.ask("/echo", "GET", None, headers)

    seen = answer.body.decode().lower()
    for name in ("connection", "x-hop", "keep-alive", "te"):
        assert f"\r\n{name}:" not in seen
    assert "x-upstream-hop" not in answer.headers


def test_a_chunked_body_stays_chunked(served: RunningWatchdog) -> None:
    with served.client() as client:
        client.say("POST /echo HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.say("3\r\nabc\r\n0\r\n\r\n")

        assert b"\r\nTransfer-Encoding: chunked\r\n" in client.answer().body


def test_a_chunked_body_is_measured_on_request(serve: Start) -> None:
    with serve(http_buffer_req_body="true").client() as client:
        client.say("POST /echo HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.say("3\r\nabc\r\n0\r\n\r\n")

        answer = client.answer()
    assert b"\r\nContent-Length: 3\r\n" in answer.body
    assert answer.body.endswith(b"\r\n\r\nabc")


def test_a_large_body_passes_whole_both_ways(served: RunningWatchdog) -> None:
    body = bytes(range(256)) * 20_000

    assert served.ask("/echo", "POST", body).body.endswith(b"\r\n\r\n" + body)


def test_an_answer_of_unknown_length_becomes_chunked(served: RunningWatchdog) -> None:
    with served.client() as client:
        answer = client.ask("/until-close")
        assert answer.headers["transfer-encoding"] == "chunked"
        assert answer.body == b"until the close"
        assert client.ask("/chunked").body == b"onetwo"


def test_events_arrive_one_by_one(serve: Start, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    with serve(gate=str(gate)).client() as client:
        client.say("GET /events HTTP/1.1\r\nHost: f\r\nAccept: text/event-stream\r\n\r\n")

        assert client.head()[1]["content-type"] == "text/event-stream"
        assert client.chunk() == b"data: 1\n\n"
        gate.touch()
        assert client.chunk() == b"data: 2\n\n"


def test_the_body_is_streamed_to_the_function(served: RunningWatchdog) -> None:
    with served.client() as client:
        client.say("POST /by-chunk HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.say("3\r\none\r\n")

        client.head()
        assert client.chunk() == b"one"
        client.say("3\r\ntwo\r\n")
        assert client.chunk() == b"two"
        client.say("0\r\n\r\n")
        assert client.chunk() == b""


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_answers_without_a_body_end_at_their_head(served: RunningWatchdog, method: str) -> None:
    with served.client() as client:
        for path, status in (("/204", 204), ("/echo", 200)):
            if method == "HEAD" or status == 204:
                assert client.ask(path, method).status == status
        assert client.ask("/echo").status == 200


def test_interim_answers_are_not_taken_for_the_answer(served: RunningWatchdog) -> None:
    assert served.ask("/interim").body == b"final"


def test_an_upgraded_connection_carries_bytes_both_ways(serve: Start) -> None:
    watchdog = serve(exec_timeout="500ms")
    with watchdog.client() as client:
        client.say(
            "GET /upgrade HTTP/1.1\r\nHost: f\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
        )

        status, headers = client.head()
        assert (status, headers["upgrade"]) == (101, "echo")
        client.say("one\n")
        assert client.line() == b"one\n"
        client.sock.settimeout(0.7)
        with pytest.raises(TimeoutError):  # the limits of a request do not apply
            client.sock.recv(1)
        client.sock.settimeout(WITHIN_S)
        client.say("two\n")
        assert client.sock.recv(10) == b"two\n"
        client.say("bye\n")
        assert client.sock.recv(10) == b""


def test_connections_to_the_function_are_kept(served: RunningWatchdog) -> None:
    with served.client() as client:
        ports = {client.ask("/peer").body for _ in range(5)}

    assert len(ports) == 1


def test_a_kept_connection_that_the_function_closed_is_not_used(served: RunningWatchdog) -> None:
    with served.client() as client:
        for _ in range(20):
            assert client.ask("/then-close").status == 200


def test_an_answer_that_ends_early_is_cut(served: RunningWatchdog) -> None:
    with served.client() as client:
        client.say("GET /short HTTP/1.1\r\nHost: f\r\n\r\n")

        client.head()
        assert client.read(10) == b"part"
        assert client.is_closed()


@pytest.mark.parametrize("path", ["/garbage", "/two-framings", "/silent-close", "/endless-head"])
def test_an_answer_that_makes_no_sense_is_a_502(served: RunningWatchdog, path: str) -> None:
    answer = served.ask(path)

    assert answer.status == 502
    assert answer.headers["x-openfaas-internal"] == "faas-nomad-watchdog"


def test_exec_timeout_is_a_504(serve: Start) -> None:
    watchdog = serve(exec_timeout="300ms")

    assert watchdog.ask("/hang").body == b"exec_timeout exceeded\n"
    assert watchdog.ask("/echo").status == 200


def test_the_caller_may_shorten_the_timeout_but_not_lengthen_it(serve: Start) -> None:
    watchdog = serve(exec_timeout="600ms")

    assert watchdog.ask("/hang", headers="X-Timeout: 100ms\r\n").status == 504
    assert watchdog.ask("/hang", headers="X-Timeout: 1h\r\n").status == 504


def test_a_client_that_leaves_ends_the_functions_connection(serve: Start) -> None:
    watchdog = serve()
    client = watchdog.client()
    client.say("GET /hang HTTP/1.1\r\nHost: f\r\n\r\n")
    watchdog.wait_for_log("hanging")

    client.close()

    watchdog.wait_for_log("peer has left")


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


def test_a_hundred_clients_share_the_function(served: RunningWatchdog) -> None:
    clients: list[Client] = [served.client() for _ in range(100)]
    for client in clients:
        client.say("GET /echo HTTP/1.1\r\nHost: f\r\n\r\n")

    assert {client.answer().status for client in clients} == {200}
    for client in clients:
        client.close()
