"""A document's values are of the kind that is asked for, or refused by their place."""

from typing import Any

import pytest

from faas_nomad.translate.stack_document import StackFileError, member, read_document, texts_of


@pytest.mark.parametrize(("kind", "empty"), [(str, ""), (dict, {}), (list, []), (bool, False)])
def test_what_is_absent_or_empty_is_the_kind_s_empty_value(kind: Any, empty: Any) -> None:
    assert member({}, "a", kind, "") == empty
    assert member(read_document("a:", "x.yml"), "a", kind, "") == empty


def test_what_is_of_another_kind_is_refused_by_its_place() -> None:
    found = read_document("a: {b: [1]}", "x.yml")

    with pytest.raises(StackFileError, match=r"^a: expected a list$"):
        member(found, "a", list, "")
    with pytest.raises(StackFileError, match=r"^a\.b: expected a text$"):
        texts_of(found["a"], "a")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "x.yml: expected a map"),
        ("a: [", "x.yml: line 1:"),
        ("[" * 10_000, "x.yml: nested too deeply"),
    ],
)
def test_what_is_no_document_is_refused_by_its_file(text: str, said: str) -> None:
    with pytest.raises(StackFileError, match=f"^{said}"):
        read_document(text, "x.yml")
