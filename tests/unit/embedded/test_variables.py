"""Variables with check-and-set."""

import pytest

from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.store import Store
from faas_nomad.embedded.variables import MAX_BYTES, ConflictError, Variables

KEY = ("default", "a/b")


@pytest.fixture
def variables() -> Variables:
    return Variables(Store())


def test_a_variable_keeps_its_first_index_and_time(variables: Variables) -> None:
    first = variables.put(KEY, {"k": "1"}, 0, 10)
    second = variables.put(KEY, {"k": "2"}, first.modify_index, 20)

    assert second.create_index == first.create_index < second.modify_index
    assert (second.create_time_ns, second.modify_time_ns) == (10, 20)
    assert variables.read(KEY).whole()["Items"] == {"k": "2"}


def test_a_lost_check_and_set_shows_what_is_there(variables: Variables) -> None:
    variables.put(KEY, {"k": "1"}, None, 10)

    for attempt in (
        lambda: variables.put(KEY, {"k": "2"}, 0, 20),
        lambda: variables.delete(KEY, 99),
    ):
        with pytest.raises(ConflictError) as caught:
            attempt()
        assert caught.value.present["Items"] == {"k": "1"}


def test_a_check_and_set_on_nothing_shows_nothing(variables: Variables) -> None:
    with pytest.raises(ConflictError) as caught:
        variables.put(KEY, {"k": "2"}, 7, 20)
    assert caught.value.present["ModifyIndex"] == 0


def test_a_delete_of_nothing_is_one(variables: Variables) -> None:
    before = variables.delete(KEY, None)
    variables.put(KEY, {"k": "1"}, None, 10)

    assert variables.delete(KEY, None) > before
    with pytest.raises(ApiError, match="variable not found"):
        variables.read(KEY)


def test_a_list_is_by_prefix_and_namespace(variables: Variables) -> None:
    for key in (("default", "a/b"), ("default", "a/c"), ("default", "b"), ("of-a", "a/d")):
        variables.put(key, {"k": "v"}, None, 1)

    assert [v.path for v in variables.listed("default", "a/")] == ["a/b", "a/c"]
    assert [v.path for v in variables.listed("*", "a/")] == ["a/b", "a/c", "a/d"]


@pytest.mark.parametrize("path", ["a.b", "", "x" * 129, "nomad/x", "nomad", "a b"])
def test_a_bad_path_is_refused(variables: Variables, path: str) -> None:
    with pytest.raises(ApiError) as caught:
        variables.put(("default", path), {"k": "v"}, None, 1)
    assert caught.value.status == 400


@pytest.mark.parametrize("path", ["nomad/jobs", "nomad/jobs/x/y", "nomad/job-templates/x", "a~-_"])
def test_a_good_path_is_taken(variables: Variables, path: str) -> None:
    variables.put(("default", path), {"k": "v"}, None, 1)


def test_the_size_of_keys_and_values_is_limited(variables: Variables) -> None:
    variables.put(KEY, {"k": "x" * (MAX_BYTES - 1)}, None, 1)

    with pytest.raises(ApiError, match="64KiB"):
        variables.put(KEY, {"k": "x" * MAX_BYTES}, None, 1)
    with pytest.raises(ApiError, match="required Items"):
        variables.put(KEY, {}, None, 1)
