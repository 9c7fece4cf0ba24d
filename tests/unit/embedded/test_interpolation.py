"""The two ways of putting values into texts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.embedded.interpolation import (
    InterpolationError,
    interpolated,
    interpolated_config,
)

VALUES = {"A": "1", "attr.x": "2", "loop": "${A}"}


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${A}-${attr.x}", "1-2"),
        ("${unknown}", "${unknown}"),
        ("$${A}", "$1"),
        ("${loop}", "${A}"),
        ("${ A }", "${ A }"),
        ("{A} $A", "{A} $A"),
    ],
)
def test_known_names_are_replaced_in_one_pass(text: str, result: str) -> None:
    assert interpolated(text, VALUES) == result


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("${A}", "1"),
        ("${ A }", "1"),
        ("$${A}", "${A}"),
        ("%%{if}", "%{if}"),
        ('${env["A"]}', "1"),
        ("plain $A {x}", "plain $A {x}"),
    ],
)
def test_a_driver_configuration_is_a_template(text: str, result: str) -> None:
    assert interpolated_config(text, VALUES) == result


@pytest.mark.parametrize("text", ["${unknown}", "%{ if true }", "${upper(A)}"])
def test_what_a_configuration_cannot_mean_is_an_error(text: str) -> None:
    with pytest.raises(InterpolationError):
        interpolated_config(text, VALUES)


def test_a_configuration_is_evaluated_at_every_depth() -> None:
    config = {"args": ["${A}", 1, {"x": ["${attr.x}"]}], "flag": True}

    assert interpolated_config(config, VALUES) == {"args": ["1", 1, {"x": ["2"]}], "flag": True}


@given(st.text())
def test_escaped_text_comes_out_as_it_was(text: str) -> None:
    escaped = text.replace("${", "$${").replace("%{", "%%{")

    if "$$" not in text and "%%" not in text:
        assert interpolated_config(escaped, VALUES) == text
