from typing import Any

from faas_nomad.translate.namespaces import function_namespaces, namespace_from_nomad


def test_the_marked_ones_and_the_default_one_are_for_functions() -> None:
    visible: list[dict[str, Any]] = [
        {"Name": "a", "Meta": {"openfaas": "1"}},
        {"Name": "b", "Meta": {"openfaas": "true"}},
        {"Name": "c", "Meta": {"openfaas": "0"}},
        {"Name": "d", "Meta": None},
        {"Name": "e"},
    ]

    assert function_namespaces(visible, "default") == {"default", "a", "b"}


def test_one_that_was_marked_by_hand_has_the_mark_as_its_label() -> None:
    found = namespace_from_nomad("a", {"Name": "a", "Meta": {"openfaas": "1", "owner": "ops"}})

    assert (found.labels, found.annotations) == ({"openfaas": "1"}, {})
