"""What a watchdog makes of its environment before it serves."""

import socket
import sys
from pathlib import Path

from support.watchdog import WITHIN_S, Start
from support.watchdog import watchdog as running_watchdog


def test_it_listens_on_all_addresses_unless_told(start: Start) -> None:
    watchdog = start(fprocess="cat", bind_address="")

    for address in ("127.0.0.1", "::1") if socket.has_dualstack_ipv6() else ("127.0.0.1",):
        socket.create_connection((address, watchdog.port), timeout=WITHIN_S).close()


def test_a_port_that_is_taken_is_said(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        watchdog = start(fprocess="cat", port=str(taken.getsockname()[1]), starts="no")

        assert watchdog.exit_status() == 1
    assert "Address already in use" in watchdog.log()


def test_all_that_is_wrong_with_the_environment_is_said(start: Start) -> None:
    watchdog = start(fprocess="no-such-program", starts="no")
    assert watchdog.exit_status() == 1
    assert "fprocess: no program 'no-such-program'" in watchdog.log()

    other = start(mode="static", exec_timeout="soon", jwt_auth="true", starts="no")
    assert other.exit_status() == 1
    for name in ("mode: ", "exec_timeout: ", "jwt_auth: ", "fprocess: "):
        assert name in other.log()


def test_closed_standard_descriptors_reach_no_function(zipapp: Path, tmp_path: Path) -> None:
    shell = ("sh", "-c", 'exec "$@" <&- >&-', "sh", sys.executable)
    with running_watchdog(zipapp, tmp_path, {"fprocess": "cat"}, python=shell) as running:
        assert running.ask("/", "POST", b"1").body == b"1"
