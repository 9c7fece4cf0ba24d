import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.watchdog.bodies import LAST_CHUNK, Decoder, Rechunked, chunk, decoder
from faas_nomad.watchdog.errors import HttpError, TruncatedError


def feed_in_pieces(body: Decoder, data: bytes, size: int) -> bytes:
    """Feed `data` until the body is done; what is behind it goes where `rest` is."""
    payload = b""
    at = 0
    while not body.done and at < len(data):
        payload += body.feed(data[at : at + size])
        at += size
    body.rest += data[at:]
    return payload


@given(st.lists(st.binary(min_size=1, max_size=50)), st.binary(max_size=9), st.integers(1, 40))
def test_chunks_come_out_as_they_went_in(parts: list[bytes], behind: bytes, size: int) -> None:
    framed = b"".join(map(chunk, parts)) + LAST_CHUNK
    body = decoder(None)

    assert feed_in_pieces(body, framed + behind, size) == b"".join(parts)
    assert body.done
    assert body.rest == behind


@given(st.binary(max_size=100), st.binary(max_size=9), st.integers(1, 40))
def test_a_measured_body_ends_at_its_length(payload: bytes, behind: bytes, size: int) -> None:
    body = decoder(len(payload))
    whole = payload + behind

    assert feed_in_pieces(body, whole, size) == payload
    assert body.done
    assert body.rest == behind


def test_extensions_and_trailers_are_dropped() -> None:
    body = decoder(None)

    assert body.feed(b"3;name=value\r\nabc\r\n0;x\r\nTrailer: t\r\n\r\nnext") == b"abc"
    assert body.done
    assert body.rest == b"next"


@pytest.mark.parametrize(
    "data",
    [
        b"\r\n", b"x\r\n", b"+3\r\nabc\r\n", b"0x3\r\nabc\r\n", b"-1\r\n", b" 3\r\nabc\r\n",
        b"3\nabc\r\n", b"3\r\nabcd\r\n", b"3\r\nabc\n", b"3\r\r\nabc\r\n", b"1_0\r\n",
        b"1" * 16 + b"\r\n", b"3;" + b"x" * 2000, b"0\r\n" + b"T: x\r\n" * 3000,
    ],
)  # fmt: skip
def test_malformed_chunks_are_refused(data: bytes) -> None:
    with pytest.raises(HttpError) as refused:
        decoder(None).feed(data)

    assert refused.value.status == 400


@pytest.mark.parametrize(
    ("length", "data"), [(5, b"abc"), (None, b"3\r\nabc\r\n"), (None, b"3\r\na")]
)
def test_an_end_before_the_end_is_noticed(length: int | None, data: bytes) -> None:
    body = decoder(length)
    body.feed(data)

    with pytest.raises(TruncatedError):
        body.eof()


def test_a_body_until_the_close_ends_there() -> None:
    body = decoder(-1)

    assert body.feed(b"abc") == b"abc"
    assert not body.done
    body.eof()
    assert body.done


def test_nothing_is_no_chunk() -> None:
    assert chunk(b"") == b""


def test_a_chunked_body_is_framed_anew() -> None:
    upload = Rechunked(decoder(None))

    assert upload.feed(b"1;x\r\na\r\n1\r\nb\r\n") == b"2\r\nab\r\n"
    assert upload.feed(b"0\r\n\r\nnext") == b"0\r\n\r\n"
    assert (upload.done, upload.rest) == (True, b"next")
