import pytest

from faas_nomad.settings.kinds import (
    BOOLEAN,
    Kind,
    choice,
    duration,
    listing,
    size,
    text_kind,
    whole,
)

DURATION = duration(0.001, 86400)
SIZE = size(0, 1 << 40)
LEVEL = choice("info", "warning", same={"warn": "warning"})
NAMES = listing(text_kind("a name", r"[a-z]+"), "names", may_be_empty=True)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (DURATION, "90", 90.0),
        (DURATION, "1m30s", 90.0),
        (DURATION, "250ms", 0.25),
        (DURATION, "1.5h", 5400.0),
        (SIZE, "65536", 65536),
        (SIZE, "64Ki", 65536),
        (SIZE, "1MiB", 1 << 20),
        (SIZE, "0", 0),
        (BOOLEAN, "True", True),
        (BOOLEAN, "t", True),
        (BOOLEAN, "0", False),
        (LEVEL, "INFO", "info"),
        (LEVEL, "warn", "warning"),
        (NAMES, "a, b,c", ("a", "b", "c")),
        (NAMES, "", ()),
        (whole(1, 20), "020", 20),
    ],
)
def test_a_text_becomes_its_value(kind: Kind[object], text: str, value: object) -> None:
    assert kind.parse(text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (DURATION, ""),
        (DURATION, "0"),
        (DURATION, "-5s"),
        (DURATION, "5x"),
        (DURATION, "1e3"),
        (DURATION, "nan"),
        (DURATION, "25h"),
        (DURATION, "5s\n"),
        (SIZE, "1M"),
        (SIZE, "-1"),
        (SIZE, "2000Gi"),
        (BOOLEAN, "yes"),
        (BOOLEAN, "tRUE"),
        (LEVEL, "trace"),
        (NAMES, "a,,b"),
        (NAMES, "a,b,"),
        (NAMES, "a,B"),
        (whole(1, 20), "21"),
        (whole(1, 20), "0"),
        (whole(1, 20), "1_0"),
        (whole(1, 20), " 1"),
        (whole(1, 20), "１"),
        (whole(1, 20), "9" * 5000),
        (text_kind("a name", "[a-z]+"), "a\n"),
    ],
)
def test_a_text_that_is_none_of_its_kind_is_refused(kind: Kind[object], text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        kind.parse(text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (DURATION, "1m30s"),
        (DURATION, "250ms"),
        (DURATION, "1ms"),
        (SIZE, "64Ki"),
        (SIZE, "1000"),
        (SIZE, "0"),
        (BOOLEAN, "true"),
        (BOOLEAN, "false"),
        (LEVEL, "warning"),
        (NAMES, "a,b"),
        (NAMES, ""),
        (whole(0, 9), "7"),
    ],
)
def test_what_is_shown_reads_back_as_the_same_value(kind: Kind[object], text: str) -> None:
    value = kind.parse(text)

    assert kind.parse(kind.show(value)) == value


def test_the_expectation_names_the_limits() -> None:
    assert whole(1, 20).expects == "a whole number from 1 to 20"
    assert "from 1s to 24h" in duration(1, 86400).expects
    assert "from 1Ki to 64Mi" in size(1024, 64 << 20).expects


def test_a_duration_may_be_never() -> None:
    kind = duration(1, 60, or_never=True)

    assert (kind.parse("0"), kind.parse("20s")) == (0.0, 20.0)
    for text in ("0.5s", "61s", ""):
        with pytest.raises(ValueError, match="from 1s to 1m, or 0"):
            kind.parse(text)
