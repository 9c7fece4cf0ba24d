"""Namespaces in the stand-in's tables."""

import pytest

from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.namespaces import Namespaces
from faas_nomad.embedded.store import Store


@pytest.fixture
def namespaces() -> Namespaces:
    return Namespaces(Store())


def test_the_default_is_there_and_stays(namespaces: Namespaces) -> None:
    assert namespaces.read("default")["Description"] == "Default shared namespace"
    with pytest.raises(ApiError, match="can not delete default"):
        namespaces.delete("default", [])


def test_a_put_replaces_all_but_the_first_index(namespaces: Namespaces) -> None:
    first = namespaces.put("a", {"Name": "a", "Description": "one", "Meta": {"k": "v"}})
    second = namespaces.put("a", {"Name": "a", "Description": "two"})

    row = namespaces.read("a")
    assert (row["CreateIndex"], row["ModifyIndex"]) == (first, second)
    assert (row["Description"], row["Meta"]) == ("two", None)


@pytest.mark.parametrize(
    ("path", "posted", "status", "text"),
    [
        ("a", {"Name": "b"}, 400, "does not match request path"),
        ("", {"Name": "a_b"}, 500, "Must match regex"),
        ("", {}, 500, 'invalid name ""'),
        ("a", {"Name": "a", "Description": "x" * 257}, 500, "longer than 256"),
    ],
)
def test_a_bad_namespace_is_refused(
    namespaces: Namespaces, path: str, posted: dict[str, str], status: int, text: str
) -> None:
    with pytest.raises(ApiError) as caught:
        namespaces.put(path, posted)
    assert caught.value.status == status
    assert text in str(caught.value)


def test_a_namespace_in_use_stays(namespaces: Namespaces) -> None:
    namespaces.put("a", {"Name": "a"})

    with pytest.raises(ApiError) as caught:
        namespaces.delete("a", ["non-terminal jobs", "variables associated with it"])
    assert str(caught.value).startswith('2 errors occurred:\n\t* namespace "a" has non-terminal')
    assert "a" in namespaces.rows


def test_an_unused_one_goes(namespaces: Namespaces) -> None:
    namespaces.put("a", {"Name": "a"})
    namespaces.delete("a", [])

    with pytest.raises(ApiError, match="Namespace not found"):
        namespaces.read("a")
    with pytest.raises(ApiError, match="namespace not found"):
        namespaces.delete("a", [])
