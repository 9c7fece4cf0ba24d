"""Generations advance whoever writes at the same time, and hold no value."""

import asyncio

import pytest

from faas_nomad.clients.errors import ConflictError, RejectedError
from faas_nomad.clients.vault_generations import SecretGenerations
from faas_nomad.translate.secret_variables import MARK, copy_paths
from support.memory_variables import MemoryVariables

JOB = "openfaas-figlet"
TASK = copy_paths(JOB)[0]


@pytest.fixture
def variables() -> MemoryVariables:
    return MemoryVariables()


@pytest.fixture
def generations(variables: MemoryVariables) -> SecretGenerations:
    async def no_sleep(_s: float) -> None:
        await asyncio.sleep(0)

    return SecretGenerations(variables, no_sleep)  # type: ignore[arg-type]


async def test_each_secret_has_one_and_keeps_it_through_a_new_deployment(
    generations: SecretGenerations, variables: MemoryVariables
) -> None:
    assert await generations.prepare("default", JOB, ["a"]) == {"a": "0"}
    await generations.advance("default", JOB, "a")

    assert await generations.prepare("default", JOB, ["a", "b"]) == {"a": "00", "b": "0"}
    assert await generations.present("default", JOB, ["a", "c"]) == {"a": "00"}

    assert variables.items(TASK) == {"vault_a": "00", "vault_b": "0", MARK: "1"}


async def test_two_who_advance_at_once_are_both_counted(
    generations: SecretGenerations, variables: MemoryVariables
) -> None:
    await generations.prepare("default", JOB, ["a"])
    variables.before_put.append(
        lambda: variables.write(TASK, {"vault_a": "00", "vault_b": "0", MARK: "1"})
    )

    await generations.advance("default", JOB, "a")

    assert variables.items(TASK) == {"vault_a": "000", "vault_b": "0", MARK: "1"}


async def test_a_variable_of_somebody_else_is_not_written(
    generations: SecretGenerations, variables: MemoryVariables
) -> None:
    variables.write(TASK, {"theirs": "x"})

    with pytest.raises(RejectedError, match="not ours to write"):
        await generations.prepare("default", JOB, ["a"])


async def test_it_gives_up_when_others_write_without_end(
    generations: SecretGenerations, variables: MemoryVariables
) -> None:
    variables.before_put += [lambda: variables.write(TASK, {MARK: "1"})] * 100

    with pytest.raises(ConflictError):
        await generations.prepare("default", JOB, ["a"])
