import pytest

from faas_nomad.proxy import fields
from faas_nomad.proxy.field_lines import BadFieldError, FieldLines


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
    lines = FieldLines(fields.REQUEST_BITS)

    assert lines.read([line]) == ([meaning] if meaning else [])
    assert lines.read([line]) == ([meaning] if meaning else [])


@pytest.mark.parametrize(
    "line",
    [b"", b"X", b": 1", b"X : 1", b" X: 1", b"X: a\x00", b"X: a\r", b"X: a\nY: b", b"X: \x7f"]
    + [b"Content-Length: " + length for length in (b"", b"+1", b"1_0", b"0x1", b"1,1", b"9" * 20)],
)
def test_a_malformed_line_is_refused_each_time(line: bytes) -> None:
    lines = FieldLines(fields.REQUEST_BITS)
    for _ in range(2):
        with pytest.raises(BadFieldError):
            lines.read([line])


@pytest.mark.parametrize(
    "name",
    ["Authorization", "Proxy-Authorization", "Cookie", "X-Api-Key", "X-Call-Id", "X-Anything"],
)
def test_what_may_hold_a_secret_or_never_comes_again_is_not_remembered(name: str) -> None:
    lines = FieldLines(fields.REQUEST_BITS)
    line = f"{name}: value".encode()
    lines.read([line])

    assert not lines.knows(line)


def test_usual_lines_are_remembered() -> None:
    lines = FieldLines(fields.REQUEST_BITS)
    lines.read([b"user-agent: x"])

    assert lines.knows(b"user-agent: x")
    assert not lines.met_other


def test_what_is_there_twice_is_joined_in_the_order_it_came_in_whatever_was_known() -> None:
    lines = FieldLines(fields.REQUEST_BITS)
    lines.read([b"X-Forwarded-For: b"])

    head = [b"X-Forwarded-For: a", b"X-Forwarded-For: b", b"X-Other: 1", b"X-Forwarded-For: c"]

    assert len(lines.read(head)) == 3
    assert lines.joined(fields.FORWARDED_FOR, head) == {fields.FORWARDED_FOR: b"a, b, c"}


def test_a_refused_line_leaves_nothing_behind_for_the_next_head() -> None:
    lines = FieldLines(fields.REQUEST_BITS)
    with pytest.raises(BadFieldError):
        lines.read([b"X: \x00", b"Host: a"])

    assert lines.read([b"X-Other: 1"]) == []


@pytest.mark.parametrize("bad", [b"X: a\tb", b"X: \xa0"])
def test_an_unprintable_value_that_is_allowed_excuses_no_other(bad: bytes) -> None:
    lines = FieldLines(fields.REQUEST_BITS)

    assert lines.read([bad]) == []
    with pytest.raises(BadFieldError):
        lines.read([bad, b"X: \x7f"])
