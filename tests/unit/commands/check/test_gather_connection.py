"""Errors of connections become problems."""

import socket
import ssl

import httpx
import pytest

from faas_nomad.commands.check.facts import Problem
from faas_nomad.commands.check.gather_connection import clock_off_s, problem_of


def because(cause: BaseException) -> httpx.ConnectError:
    err = httpx.ConnectError("could not connect")
    err.__cause__ = cause
    return err


def unverified(code: int) -> ssl.SSLCertVerificationError:
    err = ssl.SSLCertVerificationError(1, "certificate verify failed")
    err.verify_code, err.verify_message = code, "words"
    return err


@pytest.mark.parametrize(
    ("err", "problem"),
    [
        (because(socket.gaierror(-2, "unknown")), Problem.NO_SUCH_HOST),
        (because(ConnectionRefusedError(111, "refused")), Problem.REFUSED),
        (because(OSError("x")), Problem.OTHER),
        (because(unverified(10)), Problem.EXPIRED),
        (because(unverified(9)), Problem.NOT_YET_VALID),
        (because(unverified(20)), Problem.UNTRUSTED),
        (because(unverified(62)), Problem.WRONG_NAME),
        (because(ssl.SSLError(1, "[SSL: WRONG_VERSION_NUMBER] wrong")), Problem.NO_TLS_THERE),
        (ssl.SSLError(1, "tlsv13 alert certificate_required"), Problem.WANTS_CERTIFICATE),
        (httpx.ConnectTimeout("slow"), Problem.SILENT),
        (httpx.ReadError(""), Problem.OTHER),
    ],
)
def test_the_error_behind_the_error_tells_the_problem(err: Exception, problem: Problem) -> None:
    assert problem_of(err)[0] is problem


def test_a_socket_that_is_not_there_is_no_refusal() -> None:
    assert problem_of(because(FileNotFoundError(2, "no")), is_socket=True)[0] is Problem.NO_SOCKET


def test_a_date_tells_how_far_clocks_are_apart() -> None:
    assert clock_off_s("Thu, 01 Jan 1970 00:01:40 GMT", 40.5) == 60.0
    assert clock_off_s("", 0.0) is None
    assert clock_off_s("yesterday", 0.0) is None
