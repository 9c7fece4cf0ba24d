"""Variables are filled in as faas-cli fills them in, or refused."""

import pytest

from faas_nomad.translate.stack_document import StackFileError
from faas_nomad.translate.stack_variables import with_variables


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a ${A} b", "a 1 b"),
        ("${B}", ""),
        ("${B:-x y}", "x y"),
        ("${B:=x}", "x"),
        ("${B=x}", "x"),
        ("${A:-x}", "1"),
        ("$A $$ $${A}", "$A $ ${A}"),
        ("a\\\\b \\n", "a\\b \\n"),
    ],
)
def test_variables_are_filled_in(text: str, wanted: str) -> None:
    assert with_variables(text, {"A": "1"}) == wanted


@pytest.mark.parametrize("text", ["x\n${A/b/c}", "x\n${A", "x\n${A^^}", "x\n${A:-${B}}"])
def test_variables_of_other_forms_are_refused_with_their_line(text: str) -> None:
    with pytest.raises(StackFileError, match=r"^line 2: "):
        with_variables(text, {})
