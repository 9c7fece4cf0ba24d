"""Copies of secrets are right whoever writes meanwhile; others' variables are not touched."""

import asyncio

import pytest

from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.secret_store import NoSuchSecretError
from faas_nomad.translate.secret_names import InvalidSecretError
from faas_nomad.translate.secret_variables import MARK, VALUE, copy_paths, master_path
from support.memory_variables import MemoryVariables

JOB = "openfaas-figlet"
TASK, WHOLE = copy_paths(JOB)


@pytest.fixture
def variables() -> MemoryVariables:
    found = MemoryVariables()
    found.write(master_path("a"), {VALUE: "1"})
    found.write(master_path("b.c"), {VALUE: "2"})
    return found


@pytest.fixture
def copies(variables: MemoryVariables) -> SecretCopies:
    async def no_sleep(_s: float) -> None:
        await asyncio.sleep(0)

    return SecretCopies(variables, no_sleep)  # type: ignore[arg-type]


async def test_the_named_secrets_are_copied_and_no_others(
    copies: SecretCopies, variables: MemoryVariables
) -> None:
    variables.write(master_path("other"), {VALUE: "3"})

    copied = await copies.write("default", JOB, ["a", "b.c"])

    assert variables.items(TASK) == {"a": "1", "b.c": "2", MARK: "1"}
    assert (copied.paths["a"], copied.paths["b.c"]) == (TASK, TASK)
    assert ("default", WHOLE) not in variables.rows


async def test_one_that_does_not_exist_is_named_and_nothing_is_written(
    copies: SecretCopies, variables: MemoryVariables
) -> None:
    with pytest.raises(NoSuchSecretError, match="none"):
        await copies.write("default", JOB, ["a", "none"])

    assert ("default", TASK) not in variables.rows


async def test_one_that_was_deleted_keeps_what_was_copied_once(
    copies: SecretCopies, variables: MemoryVariables
) -> None:
    await copies.write("default", JOB, ["a", "b.c"])
    del variables.rows["default", master_path("a")]
    variables.write(master_path("b.c"), {VALUE: "22"})

    await copies.write("default", JOB, ["a", "b.c"], all_exist=False)

    assert variables.items(TASK) == {"a": "1", "b.c": "22", MARK: "1"}


async def test_what_another_version_reads_stays(
    copies: SecretCopies, variables: MemoryVariables
) -> None:
    await copies.write("default", JOB, ["a"])

    await copies.write("default", JOB, ["b.c"])

    assert variables.items(TASK) == {"a": "1", "b.c": "2", MARK: "1"}


async def test_a_value_written_meanwhile_is_not_overwritten_by_an_older_one(
    copies: SecretCopies, variables: MemoryVariables
) -> None:
    """Another instance replaces the secret, master and copy, between our reading and writing."""
    await copies.write("default", JOB, ["a"])

    def another_update() -> None:
        variables.write(master_path("a"), {VALUE: "new"})
        variables.write(TASK, {"a": "new", MARK: "1"})

    variables.before_put.append(another_update)
    await copies.write("default", JOB, ["a"])

    assert variables.items(TASK)["a"] == "new"


async def test_copies_are_read_before_masters_so_that_no_update_falls_between(
    copies: SecretCopies, variables: MemoryVariables
) -> None:
    await copies.write("default", JOB, ["a"])

    assert variables.reads == [TASK, WHOLE, master_path("a")]


async def test_a_variable_of_somebody_else_is_left_alone(
    copies: SecretCopies, variables: MemoryVariables
) -> None:
    variables.write(TASK, {"theirs": "x"})

    copied = await copies.write("default", JOB, ["a"])

    assert variables.items(TASK) == {"theirs": "x"}
    assert copied.paths["a"] == WHOLE


async def test_a_removed_job_leaves_no_copy_and_other_jobs_keep_theirs(
    copies: SecretCopies, variables: MemoryVariables
) -> None:
    login = f"nomad/jobs/{JOB}/fn"
    variables.write(login, {"username": "x", MARK: "1"})
    variables.write(master_path("big"), {VALUE: "x" * 60_000})
    variables.write(master_path("big2"), {VALUE: "x" * 60_000})
    await copies.write("default", JOB, ["big", "big2"])
    await copies.write("default", JOB + "-2", ["a"])
    await copies.write("of-b", JOB, [], all_exist=False)

    await copies.remove("default", JOB)

    left = {path for _, path in variables.rows if path.startswith("nomad/jobs/")}
    assert left == {login, copy_paths(JOB + "-2")[0]}


async def test_whether_a_value_would_fit_is_told_without_writing(
    copies: SecretCopies, variables: MemoryVariables
) -> None:
    variables.write(TASK, {"a": "1", "b": "x" * 60_000, MARK: "1"})

    with pytest.raises(InvalidSecretError):
        await copies.check_fit("default", JOB, "a", "x" * 10_000)
    await copies.check_fit("default", JOB, "a", "x" * 1_000)

    assert variables.items(TASK)["a"] == "1"
