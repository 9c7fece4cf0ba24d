from typing import Any

import pytest

from faas_nomad.translate.names import Names
from faas_nomad.translate.namespaces import function_namespaces, namespace_from_nomad

NAMES = Names("openfaas-", "fn", "default")


def test_the_marked_ones_and_the_default_one_are_for_functions() -> None:
    visible: list[dict[str, Any]] = [
        {"Name": "a", "Meta": {"openfaas": "1"}},
        {"Name": "b", "Meta": {"openfaas": "true"}},
        {"Name": "c", "Meta": {"openfaas": "0"}},
        {"Name": "d", "Meta": None},
        {"Name": "e"},
    ]

    assert function_namespaces(visible, NAMES) == {"default", "a", "b"}


@pytest.mark.parametrize(
    ("default", "found"), [("default", {"default", "a"}), ("openfaas-fn", {"openfaas-fn", "a"})]
)
def test_one_that_is_called_as_the_default_one_is_called_is_not_for_functions(
    default: str, found: set[str]
) -> None:
    """A name such as f.openfaas-fn would stand for two functions."""
    visible = [{"Name": name, "Meta": {"openfaas": "1"}} for name in ("a", "fn", "openfaas-fn")]

    assert function_namespaces(visible, Names("openfaas-", "fn", default)) == found


def test_one_that_was_marked_by_hand_has_the_mark_as_its_label() -> None:
    found = namespace_from_nomad("a", {"Name": "a", "Meta": {"openfaas": "1", "owner": "ops"}})

    assert (found.labels, found.annotations) == ({"openfaas": "1"}, {})
