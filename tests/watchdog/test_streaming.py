"""The default mode: a process for each request, its output streamed."""

import time
from pathlib import Path

from support.waiting import wait_until
from support.watchdog import WITHIN_S, RunningWatchdog, Start, pid_in, script, wait_gone


def test_the_body_is_the_stdin_and_the_stdout_is_the_answer(cat: RunningWatchdog) -> None:
    answer = cat.ask("/", "POST", b"hello")

    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.headers["content-type"] == "application/octet-stream"
    assert float(answer.headers["x-duration-seconds"]) > 0
    assert "date" in answer.headers


def test_a_large_body_passes_whole(cat: RunningWatchdog) -> None:
    body = bytes(range(256)) * 20_000

    assert cat.ask("/", "POST", body).body == body


def test_a_chunked_body_is_decoded(cat: RunningWatchdog) -> None:
    with cat.client() as client:
        client.say("POST / HTTP/1.1\r\nHost: f\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.say("5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nTrailer: t\r\n\r\n")

        assert client.answer().body == b"hello world"
        assert client.ask("/again", "POST", b"more").body == b"more"


def test_bytes_arrive_while_the_process_still_runs(start: Start, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    function = script(tmp_path, f"echo first; until [ -e {gate} ]; do sleep 0.01; done; echo last")
    with start(fprocess=function).client() as client:
        client.say("GET / HTTP/1.1\r\nHost: f\r\n\r\n")

        assert client.head()[0] == 200
        assert client.chunk() == b"first\n"
        gate.touch()
        assert client.chunk() == b"last\n"
        assert client.chunk() == b""


def test_the_body_is_streamed_to_the_process(cat: RunningWatchdog) -> None:
    with cat.client() as client:
        client.say("POST / HTTP/1.1\r\nHost: f\r\nContent-Length: 6\r\n\r\none")

        client.head()
        assert client.chunk() == b"one"
        client.say("two")
        assert client.chunk() == b"two"


def test_the_request_is_in_the_environment(start: Start) -> None:
    watchdog = start(fprocess="env", greeting="kept")

    answer = watchdog.ask("/a%20b/c?x=1&y=%32", "PUT", b"1", "x-my-header: v\r\nProxy: evil\r\n")

    lines = answer.body.decode().splitlines()
    for wanted in (
        "Http_Method=PUT", "Http_Path=/a b/c", "Http_Query=x=1&y=%32", "Http_X_My_Header=v",
        "Http_Host=f", "Http_Content_Length=1", "greeting=kept",
    ):  # fmt: skip
        assert wanted in lines
    assert not [line for line in lines if "evil" in line]


def test_silence_is_an_empty_answer(start: Start) -> None:
    answer = start(fprocess="true").ask()

    assert (answer.status, answer.body) == (200, b"")


def test_failing_before_any_output_is_a_500(start: Start, tmp_path: Path) -> None:
    watchdog = start(fprocess=script(tmp_path, "exit 3"))

    with watchdog.client() as client:
        answer = client.ask()
        assert (answer.status, answer.body) == (500, b"the function exited with status 3\n")
        assert answer.headers["x-openfaas-internal"] == "faas-nomad-watchdog"
        assert client.ask().status == 500
    assert "GET / - 500" in watchdog.log()


def test_failing_after_output_cuts_the_answer(start: Start, tmp_path: Path) -> None:
    watchdog = start(fprocess=script(tmp_path, "echo part; exit 3"))
    with watchdog.client() as client:
        client.say("GET / HTTP/1.1\r\nHost: f\r\n\r\n")

        client.head()
        assert client.chunk() == b"part\n"
        assert client.is_closed()
    watchdog.wait_for_log("exited with status 3")


def test_an_old_client_sees_a_cut_as_a_reset(start: Start, tmp_path: Path) -> None:
    with start(fprocess=script(tmp_path, "echo part; exit 3")).client() as client:
        client.say("GET / HTTP/1.0\r\n\r\n")

        try:
            while client.line():
                pass
        except ConnectionResetError:
            return
    raise AssertionError("the answer looked whole")


def test_exec_timeout_after_output_cuts_the_answer(start: Start, tmp_path: Path) -> None:
    watchdog = start(fprocess=script(tmp_path, "echo part; sleep 60"), exec_timeout="300ms")
    with watchdog.client() as client:
        client.say("GET / HTTP/1.1\r\nHost: f\r\n\r\n")

        client.head()
        assert client.chunk() == b"part\n"
        assert client.is_closed()


def test_exec_timeout_counts_after_the_output_has_ended(start: Start, tmp_path: Path) -> None:
    function = script(tmp_path, f"exec >&-; echo $$ > {tmp_path}/pid; exec sleep 60")

    assert start(fprocess=function, exec_timeout="300ms").ask().status == 504
    wait_gone(pid_in(tmp_path / "pid"))


def test_a_slow_reader_slows_the_process_down(start: Start, tmp_path: Path) -> None:
    function = script(tmp_path, f"yes | head -c 50000000; touch {tmp_path}/done")
    watchdog = start(fprocess=function)
    with watchdog.client() as client:
        client.say("GET / HTTP/1.1\r\nHost: f\r\n\r\n")
        client.head()

        assert watchdog.ask("/_/health").status == 200
        assert not (tmp_path / "done").exists()
        size = 0
        while data := client.chunk():
            size += len(data)
    assert size == 50_000_000


def test_a_body_that_the_process_does_not_read_is_no_error(start: Start) -> None:
    answer = start(fprocess="echo done").ask("/", "POST", b"x" * 500_000)

    assert (answer.status, answer.body) == (200, b"done\n")


def test_read_timeout_on_the_body_is_a_408(start: Start) -> None:
    with start(fprocess="cat", read_timeout="300ms").client() as client:
        client.say("POST / HTTP/1.1\r\nHost: f\r\nContent-Length: 5\r\n\r\n")

        assert client.answer().status == 408
        assert client.is_closed()


def test_head_gets_a_head_only(start: Start) -> None:
    with start(fprocess="echo body").client() as client:
        answer = client.ask("/", "HEAD")

        assert (answer.status, answer.body) == (200, b"")
        assert client.ask("/").body == b"body\n"


def test_stderr_lines_are_logged_with_a_prefix(start: Start, tmp_path: Path) -> None:
    watchdog = start(fprocess=script(tmp_path, "echo oops >&2; echo out"))
    watchdog.ask()

    watchdog.wait_for_log(" stderr: oops\n")
    assert "out\n" not in watchdog.log()


def test_stderr_lines_are_logged_bare_on_request(start: Start, tmp_path: Path) -> None:
    watchdog = start(fprocess=script(tmp_path, "echo oops >&2"), prefix_logs="false")
    watchdog.ask()

    wait_until(lambda: "oops" in watchdog.log().splitlines(), "the bare line", WITHIN_S)


def test_many_requests_at_once_are_all_answered(start: Start) -> None:
    watchdog = start(fprocess="cat")
    clients = [watchdog.client() for _ in range(60)]
    for number, client in enumerate(clients):
        client.say(f"POST / HTTP/1.1\r\nHost: f\r\nContent-Length: 2\r\n\r\n{number:02}")
    begun_s = time.monotonic()

    assert [client.answer().body for client in clients] == [b"%02d" % n for n in range(60)]
    assert time.monotonic() - begun_s < WITHIN_S
    for client in clients:
        client.close()
