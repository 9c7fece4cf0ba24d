from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.proxy.bodies import (
    CHUNKED,
    LAST_CHUNK,
    UNTIL_CLOSE,
    BadBodyError,
    Body,
    ChunkedBody,
    body_of,
    chunk,
)


def pieces(data: bytes, cuts: list[int]) -> list[bytes]:
    """Cut `data` at the places in `cuts`."""
    places = [0, *sorted(cut % (len(data) + 1) for cut in cuts), len(data)]
    return [data[a:b] for a, b in pairwise(places) if a < b]


def take_all(body: Body, parts: list[bytes]) -> int:
    return sum(body.take(part) for part in parts)


def test_a_counted_body_takes_what_is_its() -> None:
    body = body_of(5, 0)

    assert body.take(b"abc") == 3
    assert not body.done
    assert body.take(b"defg") == 2
    assert body.done


def test_an_empty_body_is_done_at_once() -> None:
    assert body_of(0, 0).done


def test_a_body_until_close_takes_everything_and_is_never_done() -> None:
    body = body_of(UNTIL_CLOSE, 0)

    assert body.take(b"abc") == 3
    assert body.payload(b"abc") == (3, b"abc")
    assert not body.done


def test_a_chunked_body_ends_where_it_says() -> None:
    data = b"3\r\nabc\r\n0A;x=1\r\n0123456789\r\n0\r\nX: 1\r\n\r\n"
    body = body_of(CHUNKED, 100)

    assert body.take(data + b"GET / HTTP/1.1") == len(data)
    assert body.done


BODIES = st.lists(st.binary(min_size=1, max_size=40), max_size=8)
CUTS = st.lists(st.integers(0, 10_000), max_size=30)


@given(BODIES, CUTS, st.binary(max_size=10))
def test_however_it_is_cut_the_end_and_the_payload_are_the_same(
    parts: list[bytes], cuts: list[int], rest: bytes
) -> None:
    wire = b"".join(chunk(part) for part in parts) + LAST_CHUNK
    body, unwrapped = ChunkedBody(100), ChunkedBody(100)
    taken = take_all(body, pieces(wire + rest, cuts))
    carried = b"".join(unwrapped.payload(piece)[1] for piece in pieces(wire, cuts))

    assert taken == len(wire)
    assert body.done
    assert unwrapped.done
    assert carried == b"".join(parts)


@given(st.lists(st.sampled_from([b"\r", b"\n", b"0", b"3", b"a", b";", b" ", b":"]), max_size=20))
def test_however_it_is_cut_the_verdict_is_the_same(symbols: list[bytes]) -> None:
    data = b"".join(symbols)

    assert verdict([data]) == verdict(symbols)


def verdict(parts: list[bytes]) -> object:
    body = ChunkedBody(50)
    try:
        taken = take_all(body, [part for part in parts if part])
    except BadBodyError:
        return "refused"
    return (body.done, taken)


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n",
        b"g\r\n",
        b"3 \r\nabc\r\n",
        b"+3\r\nabc\r\n",
        b"3\nabc\r\n",
        b"3;\x00\r\nabc\r\n",
        b"3\r\nabcd",
        b"3\r\nabc\n0\r\n\r\n",
        b"3\r\nabc\r\r\n",
        b"0\r\nX : 1\r\n\r\n",
        b"0\r\n: 1\r\n\r\n",
        b"0\r\nX: 1\n\r\n",
        b"0\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"0\r\n" + b"X: 1\r\n" * 20,
        b"1" * 2000,
        b"3;" + b"x" * 2000 + b"\r\nabc\r\n0\r\n\r\n",
    ],
)
def test_a_malformed_body_is_refused_whole_or_byte_by_byte(data: bytes) -> None:
    for parts in ([data], [bytes([byte]) for byte in data]):
        with pytest.raises(BadBodyError):
            take_all(ChunkedBody(50), parts)
