"""The http mode's requests and answers, proxied to the server that the function is."""

from pathlib import Path

import pytest

from support.watchdog import WITHIN_S, Client, RunningWatchdog, Start


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


def test_a_hundred_clients_share_the_function(served: RunningWatchdog) -> None:
    clients: list[Client] = [served.client() for _ in range(100)]
    for client in clients:
        client.say("GET /echo HTTP/1.1\r\nHost: f\r\n\r\n")

    assert {client.answer().status for client in clients} == {200}
    for client in clients:
        client.close()
