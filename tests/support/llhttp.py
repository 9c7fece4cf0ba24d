"""What llhttp, the parser of Node, reads in a head: the measure of the proxy's own strictness."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from httptools import HttpParserUpgrade, HttpRequestParser, HttpResponseParser
from hypothesis import strategies as st


@dataclass
class Heard:
    """One head as llhttp has read it; it also is what httptools calls back."""

    start: tuple[bytes | int, str] = (b"", "")
    """Method or status, and version."""
    target: bytes = b""
    fields: list[tuple[bytes, bytes]] = field(default_factory=list)
    is_whole: bool = False

    def on_url(self, url: bytes) -> None:
        """Take a part of the target."""
        self.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take one field."""
        self.fields.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is over, without an error."""
        self.is_whole = True


def request_by_llhttp(head: bytes) -> Heard:
    """Return what llhttp reads.

    Raises:
        HttpParserError: It refuses the head.
    """
    heard = Heard()
    parser = HttpRequestParser(heard)
    with suppress(HttpParserUpgrade):  # it stops behind the head, which is all there is
        parser.feed_data(head)
    heard.start = (parser.get_method(), parser.get_http_version())
    assert heard.is_whole
    return heard


def response_by_llhttp(head: bytes) -> Heard:
    """Return what llhttp reads.

    Raises:
        HttpParserError: It refuses the head.
    """
    heard = Heard()
    parser = HttpResponseParser(heard)
    with suppress(HttpParserUpgrade):
        parser.feed_data(head)
    heard.start = (parser.get_status_code(), parser.get_http_version())
    assert heard.is_whole
    return heard


BYTES = st.sampled_from(b'\r\n\t \x00\x0b\x7f\x80\xff:,;#?/%+()"@[A0') | st.integers(0, 255)


@st.composite
def spoilt(draw: st.DrawFn, heads: st.SearchStrategy[bytes]) -> bytes:
    """Put up to three bytes into a head, or in the place of others; its end stays what it was."""
    head = bytearray(draw(heads).removesuffix(b"\r\n\r\n"))
    for _ in range(draw(st.sampled_from([0, 1, 1, 1, 2, 3]))):
        at = draw(st.integers(0, len(head)))
        head[at : at + draw(st.integers(0, 1))] = bytes([draw(BYTES)])
    return bytes(head) + b"\r\n\r\n"


def understood(heard: Heard, bits: Mapping[bytes, int]) -> dict[int, bytes]:
    """Return the values of the fields in `bits`, several of one kind as one list."""
    values: dict[int, bytes] = {}
    for name, value in heard.fields:
        bit = bits.get(name.lower())
        if bit is not None:
            values[bit] = values[bit] + b", " + value if bit in values else value
    return values
