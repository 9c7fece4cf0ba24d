"""The watchdog's own server, whatever runs behind it: probes, limits, framing."""

from pathlib import Path

import pytest

from support.waiting import wait_until
from support.watchdog import WITHIN_S, RunningWatchdog, Start

POST = "POST / HTTP/1.1\r\nHost: f\r\n"


def test_health_is_ok_while_listening(start: Start) -> None:
    watchdog = start(fprocess="cat")

    answer = watchdog.ask("/_/health")

    assert (answer.status, answer.body) == (200, b"OK")
    assert watchdog.lock_file.exists()
    assert watchdog.ask("/_/ready").status == 200


def test_health_is_bad_without_the_lock_file(start: Start) -> None:
    watchdog = start(fprocess="cat")

    watchdog.lock_file.unlink()

    assert watchdog.ask("/_/health").status == 503
    assert watchdog.ask("/_/ready").status == 503


def test_health_needs_no_lock_file_that_is_suppressed(start: Start) -> None:
    watchdog = start(fprocess="cat", suppress_lock="true")

    assert watchdog.ask("/_/health").status == 200
    assert not watchdog.lock_file.exists()


@pytest.mark.parametrize("path", ["/_/health", "/_/ready"])
@pytest.mark.parametrize("method", ["POST", "HEAD", "DELETE"])
def test_probes_take_no_other_verb(cat: RunningWatchdog, path: str, method: str) -> None:
    assert cat.ask(path, method).status == 405


@pytest.mark.parametrize("path", ["/_/health", "/_/ready", "/"])
def test_a_request_for_another_replica_is_a_421(start: Start, path: str) -> None:
    """Nomad gives out a port anew while the process that had it is ending."""
    watchdog = start(fprocess="cat", NOMAD_ALLOC_ID="mine")

    def ask(replica: str) -> int:
        with watchdog.client() as client:
            client.say(f"GET {path} HTTP/1.1\r\nHost: f\r\nX-Faas-Nomad-Replica: {replica}\r\n\r\n")
            return client.answer().status

    assert (ask("mine"), ask("another")) == (200, 421)
    assert watchdog.ask(path).status == 200


def test_the_lock_file_is_not_written_through_a_link(start: Start, tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / ".lock").symlink_to(target)

    assert start(fprocess="cat", starts="no").exit_status() == 1
    assert not target.exists()


def test_more_than_max_inflight_is_a_429(start: Start, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    watchdog = start(fprocess=f'["sh","-c","until [ -e {gate} ]; do sleep 0.01; done"]',
                     max_inflight="1")  # fmt: skip
    with watchdog.client() as first, watchdog.client() as second:
        first.say("GET / HTTP/1.1\r\nHost: f\r\n\r\n")
        wait_until(lambda: watchdog.ask("/_/ready").status == 429, "it is full", WITHIN_S)

        assert second.ask().status == 429
        assert watchdog.ask("/_/health").status == 200
        gate.touch()
        assert first.answer().status == 200
        assert second.ask().status == 200
    assert watchdog.ask("/_/ready").status == 200


def test_ready_path_asks_the_function(start: Start) -> None:
    watchdog = start(fprocess='["sh","-c","echo $Http_Path; test -e \\"$TMPDIR/ready\\""]',
                     ready_path="/am-i", mode="serializing")  # fmt: skip

    assert watchdog.ask("/_/ready").status == 500
    (watchdog.folder / "tmp" / "ready").touch()
    assert watchdog.ask("/_/ready").body == b"/am-i\n"


def test_serializing_answers_with_a_length(start: Start) -> None:
    answer = start(fprocess="cat", mode="serializing").ask("/", "POST", b"hello")

    assert answer.headers["content-length"] == "5"
    assert answer.body == b"hello"


def test_serializing_hides_the_output_of_a_failure(start: Start) -> None:
    answer = start(fprocess='["sh","-c","echo part; exit 1"]', mode="serializing").ask()

    assert (answer.status, answer.body) == (500, b"the function exited with status 1\n")


def test_serializing_refuses_a_body_that_it_cannot_hold(start: Start) -> None:
    with start(fprocess="cat", mode="serializing").client() as client:
        client.say(f"{POST}Content-Length: 100000000000\r\n\r\n")

        assert client.answer().status == 413


def test_content_type_is_as_set(start: Start) -> None:
    answer = start(fprocess="true", content_type="text/plain").ask()

    assert answer.headers["content-type"] == "text/plain"


def test_a_client_that_expects_100_gets_it_before_its_body(cat: RunningWatchdog) -> None:
    with cat.client() as client:
        client.say(
            "POST / HTTP/1.1\r\nHost: f\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        )
        assert client.line() + client.line() == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.say("ok")

        assert client.answer().body == b"ok"


def test_pipelined_requests_are_answered_in_order(cat: RunningWatchdog) -> None:
    with cat.client() as client:
        for number in range(5):
            client.say(f"POST / HTTP/1.1\r\nHost: f\r\nContent-Length: 1\r\n\r\n{number}")

        assert [client.answer().body for _ in range(5)] == [b"0", b"1", b"2", b"3", b"4"]


def test_connection_close_is_obeyed(cat: RunningWatchdog) -> None:
    with cat.client() as client:
        answer = client.ask("/", headers="Connection: close\r\n")

        assert answer.headers["connection"] == "close"
        assert client.is_closed()


def test_an_old_client_gets_an_answer_that_ends_with_the_connection(start: Start) -> None:
    with start(fprocess="echo hello").client() as client:
        client.say("GET / HTTP/1.0\r\n\r\n")
        answer = client.answer()

    assert answer.body == b"hello\n"
    assert "transfer-encoding" not in answer.headers


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("nonsense\r\n\r\n", 400),
        ("GET / HTTP/2.0\r\nHost: f\r\n\r\n", 505),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: f\r\nA : b\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: f\r\n folded\r\n\r\n", 400),
        (f"{POST}Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        (f"{POST}Content-Length: 1\r\nContent-Length: 2\r\n\r\n", 400),
        (f"{POST}Transfer-Encoding: gzip\r\n\r\n", 501),
        (f"{POST}Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        (f"{POST}Content-Length: 1\r\nExpect: more\r\n\r\n", 417),
        ("GET / HTTP/1.1\r\nHost: f\r\nX: " + "x" * 70_000, 431),
        ("GET /%zz HTTP/1.1\r\nHost: f\r\n\r\n", 400),
    ],
)  # fmt: skip
def test_malformed_requests_are_refused(
    cat: RunningWatchdog, request_text: str, status: int
) -> None:
    with cat.client() as client:
        client.say(request_text)

        assert client.answer().status == status
    assert cat.ask("/", "POST", b"still here").body == b"still here"


def test_a_head_that_never_ends_is_a_408(start: Start) -> None:
    with start(fprocess="cat", read_timeout="200ms").client() as client:
        client.say("GET / HTTP/1.1\r\nHo")

        assert client.answer().status == 408
