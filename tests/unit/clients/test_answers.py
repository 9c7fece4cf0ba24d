"""What is said of answers and of broken calls."""

import socket
import ssl

import httpx
import pytest

from faas_nomad.clients.answers import broken_off, not_connected, one_line


def test_one_line_folds_and_cuts() -> None:
    assert one_line("a\n\tb\x00c") == "a b?c"
    assert len(one_line("x" * 9999)) == 500


def test_a_call_that_could_not_be_written_down_is_told_without_its_header() -> None:
    err = httpx.LocalProtocolError("Illegal header value b's3cret\\n'")

    assert broken_off(err, "http") == "LocalProtocolError"


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (ConnectionRefusedError(111, "Connect call failed"), "Connection refused"),
        (FileNotFoundError(2, "no"), "No such file or directory"),
        (socket.gaierror(-2, "Name or service not known"), "the library's"),
        (ssl.SSLError(1, "certificate verify failed"), "the library's"),
        (OSError("of no number"), "the library's"),
    ],
)
def test_why_there_is_no_connection_is_said_by_the_system(cause: OSError, said: str) -> None:
    between, err = OSError("All connection attempts failed"), httpx.ConnectError("the library's")
    between.__cause__, err.__cause__ = cause, between

    assert not_connected(err) == said
