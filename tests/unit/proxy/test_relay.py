import pytest

from faas_nomad.proxy.bodies import CHUNKED, UNTIL_CLOSE, BadBodyError
from faas_nomad.proxy.relay import Relay


def relay(length: int, *, is_http11: bool = True) -> Relay:
    return Relay(length, is_http11=is_http11, max_trailer_bytes=100)


def test_a_counted_body_passes_as_the_very_bytes() -> None:
    data = b"abc"
    body = relay(5)

    assert body.pass_on(data) is data
    assert body.pass_on(b"de") == b"de"
    assert body.body.done
    assert not body.excess


def test_more_than_was_said_does_not_pass() -> None:
    body = relay(2)

    assert body.pass_on(b"okHTTP/1.1 200") == b"ok"
    assert body.excess


def test_a_chunked_body_passes_as_the_very_bytes() -> None:
    data = b"3\r\nabc\r\n0\r\n\r\n"

    assert relay(CHUNKED).pass_on(data) is data


def test_a_chunked_body_is_unwrapped_for_an_old_caller() -> None:
    body = relay(CHUNKED, is_http11=False)

    assert body.pass_on(b"3\r\nabc\r\n2\r\nd") == b"abcd"
    assert body.pass_on(b"e\r\n0\r\n\r\n") == b"e"
    assert body.body.done
    assert not body.excess


def test_more_than_was_said_is_seen_when_it_is_unwrapped_too() -> None:
    body = relay(CHUNKED, is_http11=False)

    assert body.pass_on(b"3\r\nabc\r\n0\r\n\r\nHTTP/1.1 200") == b"abc"
    assert body.excess


def test_a_body_until_close_is_wrapped_and_ended() -> None:
    body = relay(UNTIL_CLOSE)

    assert body.pass_on(b"abc") == b"3\r\nabc\r\n"
    assert body.at_close() == b"0\r\n\r\n"
    assert body.body.done


def test_a_body_until_close_passes_as_it_is_to_an_old_caller() -> None:
    body = relay(UNTIL_CLOSE, is_http11=False)

    assert body.pass_on(b"abc") == b"abc"
    assert body.at_close() == b""


@pytest.mark.parametrize("length", [5, CHUNKED])
def test_a_body_with_an_end_of_its_own_is_cut_short_by_a_close(length: int) -> None:
    assert relay(length).at_close() is None


def test_broken_chunks_do_not_pass() -> None:
    with pytest.raises(BadBodyError):
        relay(CHUNKED).pass_on(b"zz\r\n")
