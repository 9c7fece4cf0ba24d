"""Where secrets lie in Nomad's variables, and that what a version may read is never moved."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.translate.registry_logins import login_path
from faas_nomad.translate.secret_names import InvalidSecretError, is_secret_name
from faas_nomad.translate.secret_variables import (
    MARK,
    MAX_VALUE_BYTES,
    MAX_VARIABLE_BYTES,
    copy_paths,
    decode_value,
    encode_value,
    is_copy,
    job_of_login,
    job_of_path,
    master_path,
    place_copies,
    secret_of_path,
    without_unwanted,
)

NOTHING: list[dict[str, str]] = [{}, {}, {}]
names = st.from_regex(r"[a-z0-9.-]{1,12}", fullmatch=True).filter(is_secret_name)
values = st.integers(min_value=1, max_value=30_000).map("x".__mul__)


def size(items: dict[str, str]) -> int:
    return sum(len(key) + len(value) for key, value in items.items())


@given(name=names)
def test_a_path_tells_its_secret(name: str) -> None:
    path = master_path(name)

    assert secret_of_path(path) == name
    assert "." not in path


def test_dots_and_dashes_make_different_paths() -> None:
    assert master_path("a.b") != master_path("a-b")


@pytest.mark.parametrize("path", ["openfaas/secrets/a/b", "openfaas/locks/a", "a", ""])
def test_another_path_is_no_secret_s(path: str) -> None:
    assert secret_of_path(path) is None


def test_a_job_is_told_by_its_paths_alone() -> None:
    paths = copy_paths("openfaas-figlet")

    assert paths == (
        "nomad/jobs/openfaas-figlet/fn/fn",
        "nomad/jobs/openfaas-figlet",
    )
    assert [job_of_path(path) for path in paths] == ["openfaas-figlet"] * 2
    assert job_of_path("nomad/jobs/openfaas-figlet/web") is None
    assert job_of_path("nomad/jobs") is None


def test_the_path_of_a_registry_login_is_no_copy_s() -> None:
    path = login_path("openfaas-figlet")

    assert path not in copy_paths("openfaas-figlet")
    assert (job_of_login(path), job_of_path(path)) == ("openfaas-figlet", None)
    assert [job_of_login(path) for path in copy_paths("openfaas-figlet")] == [None, None]


def test_the_longest_path_is_one_that_nomad_takes() -> None:
    assert len(master_path("a" * 63)) <= 128
    assert len(copy_paths("a" * 63)[0]) <= 128


@given(value=st.binary(max_size=200))
def test_an_encoded_value_decodes_to_itself_and_is_never_empty(value: bytes) -> None:
    text = encode_value(value)

    assert text
    assert decode_value(text) == value


def test_what_somebody_else_wrote_into_a_master_is_refused_without_it() -> None:
    with pytest.raises(InvalidSecretError, match=r"^value: what is kept of it is not base64$"):
        decode_value("by hand")


def test_the_largest_value_fits_with_the_longest_name() -> None:
    text = encode_value(b"x" * MAX_VALUE_BYTES)

    [first, *_] = place_copies(NOTHING, {"n" * 63: text})

    assert size(first) <= MAX_VARIABLE_BYTES


def test_a_value_over_the_limit_is_refused_with_figures() -> None:
    with pytest.raises(InvalidSecretError, match="value: 49096 bytes, expected at most 49095"):
        encode_value(b"x" * (MAX_VALUE_BYTES + 1))


def test_copies_go_onto_the_task_s_path() -> None:
    assert place_copies(NOTHING, {"a": "1", "b": "2"}) == [{"a": "1", "b": "2", MARK: "1"}, {}, {}]


def test_what_is_there_stays_and_takes_the_new_value_in_its_place() -> None:
    present = [{"old": "1", MARK: "1"}, {"a": "1", MARK: "1"}, {}]

    placed = place_copies(present, {"a": "2", "b": "3"})

    assert placed == [{"old": "1", "b": "3", MARK: "1"}, {"a": "2", MARK: "1"}, {}]


def test_a_full_level_sends_the_next_to_another() -> None:
    big = "x" * 40_000

    placed = place_copies(NOTHING, {"a": big, "b": big, "c": big})

    assert [sorted(items) for items in placed] == [[MARK, "a"], [MARK, "b"], [MARK, "c"]]


def test_more_than_three_levels_hold_is_refused() -> None:
    big = "x" * 60_000

    with pytest.raises(InvalidSecretError, match="no room is left for 'd'"):
        place_copies(NOTHING, dict.fromkeys("abcd", big))


def test_a_secret_that_outgrows_its_place_is_refused_and_not_moved() -> None:
    present = [{"a": "x" * 40_000, "b": "x" * 20_000, MARK: "1"}, {}, {}]

    with pytest.raises(InvalidSecretError, match="'b' is too large beside the others"):
        place_copies(present, {"b": "x" * 30_000})


@given(
    present=st.lists(st.dictionaries(names, values, max_size=2), min_size=3, max_size=3),
    wanted=st.dictionaries(names, values, max_size=4),
)
def test_nothing_is_lost_moved_or_over_the_limit(
    present: list[dict[str, str]], wanted: dict[str, str]
) -> None:
    try:
        placed = place_copies(present, wanted)
    except InvalidSecretError:
        return

    for before, after in zip(present, placed, strict=True):
        assert before.keys() <= after.keys()
        assert size(after) <= MAX_VARIABLE_BYTES
        assert is_copy(after) or not after
    found = {name: items[name] for items in reversed(placed) for name in wanted if name in items}
    assert found == wanted


def test_unwanted_items_are_dropped_and_the_last_takes_the_mark_with_it() -> None:
    items = {"a": "1", "b": "2", MARK: "1"}

    assert without_unwanted(items, frozenset({"a"})) == {"a": "1", MARK: "1"}
    assert without_unwanted(items, frozenset()) == {}
