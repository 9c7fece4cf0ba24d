"""Filter expressions."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.filters import parse_filter

ROW: dict[str, Any] = {
    "ID": "openfaas-a",
    "Stop": False,
    "Count": 3,
    "Meta": {"openfaas": "1", "com.x": "2"},
    "Tags": ["a", "b"],
    "Deep": {"Er": {"X": "y"}},
    "Empty": None,
}


@pytest.mark.parametrize(
    ("expression", "passes"),
    [
        ("", True),
        ('ID == "openfaas-a"', True),
        ('ID != "openfaas-a"', False),
        ("ID == openfaas-a", True),
        ('ID matches "^openfaas-"', True),
        ('ID not matches "^openfaas-"', False),
        ("Stop == false", True),
        ("Count == 3", True),
        ('Meta["openfaas"] == "1"', True),
        ('Meta["other"] == "1"', False),
        ('"/Meta/com.x" == "2"', True),
        ('Deep.Er.X == "y"', True),
        ('"a" in Tags', True),
        ('"c" not in Tags', True),
        ('Tags contains "b"', True),
        ('Tags not contains "b"', False),
        ("Empty is empty", True),
        ("Tags is not empty", True),
        ('ID == "x" or Count == 3', True),
        ('ID == "x" and Count == 3', False),
        ('not ID == "x"', True),
        ('ID matches "a$" and (Count == 1 or Count == 3)', True),
        ('(ID == "x" or Stop == false) and not (Count == 4)', True),
        ("ID == `openfaas-a`", True),
        ('ID == "openfaas\\-a"', True),
    ],
)
def test_an_expression(expression: str, passes: bool) -> None:
    assert parse_filter(expression)(ROW) is passes


@pytest.mark.parametrize(
    "expression",
    [
        "ID",
        "ID ==",
        '== "x"',
        "(ID == x",
        "ID == x)",
        "ID ~ x",
        'ID matches "("',
        'ID in ["a"]',
        '"x',
        "not",
        "Meta[x == 1",
        "x" * 9000,
        "(" * 5000,
    ],
)
def test_what_is_no_expression_is_refused(expression: str) -> None:
    with pytest.raises(ApiError) as caught:
        parse_filter(expression)(ROW)
    assert caught.value.status == 400


def test_an_unknown_field_is_refused() -> None:
    with pytest.raises(ApiError, match='"Nope" not found'):
        parse_filter('Nope == "x"')(ROW)


@given(st.text(alphabet='ID=!"()[]. andornotmatches'))
def test_any_text_is_an_expression_or_refused(expression: str) -> None:
    with suppress(ApiError):
        assert parse_filter(expression)(ROW) in (True, False)
