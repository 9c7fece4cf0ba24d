import pytest

from faas_nomad.proxy import fields
from faas_nomad.proxy.field_lines import BadFieldError, FieldMemo


@pytest.mark.parametrize(
    ("line", "meaning"),
    [
        (b"X-Other: 1", None),
        (b"X-Other:", None),
        (b"host:a", (fields.HOST, b"a", b"host:a")),
        (b"Host: \t a b ", (fields.HOST, b"a b ", b"Host: \t a b ")),
        (
            b"Content-Length: 007",
            (fields.CONTENT_LENGTH, b"007", b"Content-Length: 007"),
        ),
    ],
)
def test_what_a_line_says(line: bytes, meaning: tuple[int, bytes, bytes] | None) -> None:
    memo = FieldMemo(fields.REQUEST_BITS)

    assert memo[line] == meaning
    assert memo[line] == meaning


@pytest.mark.parametrize(
    "line",
    [b"", b"X", b": 1", b"X : 1", b" X: 1", b"X: a\x00", b"X: a\r", b"X: a\nY: b", b"X: \x7f"]
    + [b"Content-Length: " + length for length in (b"", b"+1", b"1_0", b"0x1", b"1,1", b"9" * 20)],
)
def test_a_malformed_line_is_refused_each_time(line: bytes) -> None:
    memo = FieldMemo(fields.REQUEST_BITS)
    for _ in range(2):
        with pytest.raises(BadFieldError):
            memo[line]


@pytest.mark.parametrize(
    "name",
    ["Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "X-Call-Id", "X-Anything"],
)
def test_what_may_hold_a_secret_or_never_comes_again_is_not_remembered(name: str) -> None:
    memo = FieldMemo(fields.REQUEST_BITS)
    line = f"{name}: value".encode()
    memo[line]

    assert line not in memo


def test_usual_lines_are_remembered() -> None:
    memo = FieldMemo(fields.REQUEST_BITS)
    memo[b"user-agent: x"]

    assert b"user-agent: x" in memo
