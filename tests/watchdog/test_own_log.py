"""The watchdog's own log: what is in it, and that it holds up nothing."""

import fcntl
import os
from pathlib import Path

from support.watchdog import RunningWatchdog
from support.watchdog import watchdog as running_watchdog


def test_paths_are_logged_and_queries_are_not(cat: RunningWatchdog) -> None:
    cat.ask("/path?token=secret", headers="Authorization: Bearer secret\r\n")

    cat.wait_for_log("GET /path - 200 - ContentLength: 0B (0.")
    assert "secret" not in cat.log()


def test_a_log_that_nobody_reads_holds_up_no_request(zipapp: Path, tmp_path: Path) -> None:
    unread, stderr = os.pipe()
    fcntl.fcntl(stderr, fcntl.F_SETPIPE_SZ, 4096)
    with running_watchdog(zipapp, tmp_path, {"fprocess": "true"}, stderr=stderr) as running:
        with running.client() as client:
            assert all(client.ask().status == 200 for _ in range(150))
        os.read(unread, 4096)
        with running.client() as client:
            client.ask()
        assert b"lines lost before this one) GET / - 200" in os.read(unread, 4096)
    os.close(unread)
    os.close(stderr)


def test_a_log_whose_reader_has_gone_holds_up_no_request(zipapp: Path, tmp_path: Path) -> None:
    unread, stderr = os.pipe()
    with running_watchdog(zipapp, tmp_path, {"fprocess": "cat"}, stderr=stderr) as running:
        os.close(unread)

        assert running.ask("/", "POST", b"1").body == b"1"
    os.close(stderr)
