"""Kubernetes quantities are read exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.translate.quantities import is_bare, parse_quantity


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0", 0),
        ("5Mi", 5 << 20),
        ("128M", 128_000_000),
        ("128MB", 128_000_000),
        ("1Gi", 1 << 30),
        ("1Ki", 1024),
        ("1k", 1000),
        ("2E", 2 * 10**18),
        ("2Ei", 2 << 60),
        ("100m", Fraction(1, 10)),
        ("100u", Fraction(1, 10_000)),
        ("1n", Fraction(1, 10**9)),
        ("0.5", Fraction(1, 2)),
        (".5", Fraction(1, 2)),
        ("5.", 5),
        ("+5", 5),
        ("1e3", 1000),
        ("1E3", 1000),
        ("1.5e-3", Fraction(15, 10_000)),
        ("-0", 0),
    ],
)
def test_quantities_are_read_as_kubernetes_reads_them(text: str, expected: Fraction) -> None:
    assert parse_quantity(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "12Qx",
        "Mi",
        "1.2.3",
        "-1",
        "1 Mi",
        "1mi",
        "1e",
        "1e999",
        "1ee3",
        "٣",
        "NaN",
        "inf",
        "0x10",
        "1_0",
        "9" * 40,
    ],
)
def test_what_is_no_quantity_is_none(text: str) -> None:
    assert parse_quantity(text) is None


@given(st.text(max_size=50))
def test_any_text_is_read_in_bounds_or_not_at_all(text: str) -> None:
    quantity = parse_quantity(text)

    assert quantity is None or 0 <= quantity < 10**120


def test_a_bare_number_is_a_whole_one_without_a_unit() -> None:
    assert is_bare("128")
    assert not is_bare("0.5")
    assert not is_bare("128Mi")
    assert not is_bare("٣")
