"""The store in Nomad's variables: masters and copies stay consistent, whatever comes between."""

import asyncio

import pytest

from faas_nomad.clients.errors import ConflictError, UnreachableError
from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.nomad_secrets import NomadSecretStore
from faas_nomad.clients.nomad_variables import CLOCKS_DIFFER_NS
from faas_nomad.clients.secret_store import NoSuchSecretError, SecretExistsError, SecretUser
from faas_nomad.translate.secret_names import InvalidSecretError
from faas_nomad.translate.secret_variables import (
    MARK,
    VALUE,
    copy_paths,
    encode_value,
    master_path,
)
from support.memory_variables import MemoryVariables

JOB = "openfaas-figlet"
TASK = copy_paths(JOB)[0]
ONE, TWO = encode_value(b"one"), encode_value(b"two")


@pytest.fixture
def variables() -> MemoryVariables:
    return MemoryVariables()


@pytest.fixture
def store(variables: MemoryVariables) -> NomadSecretStore:
    async def no_sleep(_s: float) -> None:
        await asyncio.sleep(0)

    copies = SecretCopies(variables, no_sleep)  # type: ignore[arg-type]
    return NomadSecretStore(variables, copies)  # type: ignore[arg-type]


async def test_names_are_listed_by_namespace_in_order(store: NomadSecretStore) -> None:
    await store.create("default", "b", b"1")
    await store.create("default", "a.b", b"1")
    await store.create("of-b", "a.b", b"2")

    assert await store.names("default") == ["a.b", "b"]
    assert await store.names("of-b") == ["a.b"]
    assert await store.names("of-c") == []


async def test_a_secret_is_made_once(store: NomadSecretStore, variables: MemoryVariables) -> None:
    await store.create("default", "a", b"one")

    with pytest.raises(SecretExistsError):
        await store.create("default", "a", b"two")
    assert variables.items(master_path("a")) == {VALUE: ONE}


async def test_one_that_is_not_there_cannot_be_replaced_or_deleted(store: NomadSecretStore) -> None:
    with pytest.raises(NoSuchSecretError):
        await store.update("default", "a", b"1", [])
    with pytest.raises(NoSuchSecretError):
        await store.delete("default", "a")


async def test_a_new_value_reaches_every_user_s_copy(
    store: NomadSecretStore, variables: MemoryVariables
) -> None:
    await store.create("default", "a", b"one")
    users = [SecretUser(f"openfaas-{index}", ["a"]) for index in range(20)]
    for job, names, _ in users:
        await store.prepare("default", job, names)

    await store.update("default", "a", b"two", users)

    assert variables.items(master_path("a")) == {VALUE: TWO}
    assert {variables.items(copy_paths(job)[0])["a"] for job, *_ in users} == {TWO}


async def test_a_value_that_one_user_has_no_room_for_changes_nothing(
    store: NomadSecretStore, variables: MemoryVariables
) -> None:
    await store.create("default", "a", b"one")
    await store.create("default", "big", b"x" * 45_000)
    await store.prepare("default", JOB, ["a", "big"])

    with pytest.raises(InvalidSecretError, match="'a' is too large beside the others"):
        await store.update("default", "a", b"x" * 10_000, [SecretUser(JOB, ["a", "big"])])

    assert variables.items(master_path("a")) == {VALUE: ONE}


async def test_an_update_that_meets_another_is_carried_out_after_it(
    store: NomadSecretStore, variables: MemoryVariables
) -> None:
    await store.create("default", "a", b"zero")
    variables.before_put.append(lambda: variables.write(master_path("a"), {VALUE: ONE}))

    await store.update("default", "a", b"two", [])

    assert variables.items(master_path("a")) == {VALUE: TWO}


async def test_an_update_does_not_bring_back_what_was_deleted_meanwhile(
    store: NomadSecretStore, variables: MemoryVariables
) -> None:
    await store.create("default", "a", b"one")
    variables.before_put.append(lambda: variables.rows.pop(("default", master_path("a"))))

    with pytest.raises(NoSuchSecretError):
        await store.update("default", "a", b"two", [])


async def test_an_update_gives_up_when_others_write_without_end(
    store: NomadSecretStore, variables: MemoryVariables
) -> None:
    await store.create("default", "a", b"one")
    variables.before_put += [lambda: variables.write(master_path("a"), {VALUE: ONE})] * 100

    with pytest.raises(ConflictError):
        await store.update("default", "a", b"two", [])


async def test_templates_read_each_secret_where_it_was_put(store: NomadSecretStore) -> None:
    await store.create("default", "a", b"x" * 40_000)
    await store.create("default", "b", b"x" * 40_000)

    secrets = await store.prepare("default", JOB, ["a", "b"])

    assert f'nomadVar "{TASK}"' in secrets.template_of("a")
    assert f'nomadVar "{copy_paths(JOB)[1]}"' in secrets.template_of("b")


async def test_what_changed_until_the_registration_is_copied_after_it(
    store: NomadSecretStore, variables: MemoryVariables
) -> None:
    await store.create("default", "a", b"one")
    await store.prepare("default", JOB, ["a"])
    await store.update("default", "a", b"two", [])  # it knows nothing of the job yet

    await store.settle("default", JOB, ["a"])

    assert variables.items(TASK) == {"a": TWO, MARK: "1"}


async def test_a_copy_removed_until_the_registration_is_made_again(
    store: NomadSecretStore, variables: MemoryVariables
) -> None:
    await store.create("default", "a", b"one")
    await store.prepare("default", JOB, ["a"])
    await store.release("default", JOB)

    await store.settle("default", JOB, ["a"])

    assert variables.items(TASK) == {"a": ONE, MARK: "1"}


async def test_settling_writes_nothing_when_nothing_changed(
    store: NomadSecretStore, variables: MemoryVariables
) -> None:
    await store.create("default", "a", b"one")
    await store.prepare("default", JOB, ["a"])
    index = variables.index

    await store.settle("default", JOB, ["a"])

    assert variables.index == index


async def test_a_deleted_secret_stays_with_its_users(
    store: NomadSecretStore, variables: MemoryVariables
) -> None:
    await store.create("default", "a", b"one")
    await store.prepare("default", JOB, ["a"])

    await store.delete("default", "a")

    assert await store.names("default") == []
    assert variables.items(TASK)["a"] == ONE
    with pytest.raises(NoSuchSecretError):
        await store.prepare("default", JOB, ["a"])


async def test_copies_are_where_the_job_runs_and_masters_in_the_own_region(
    store: NomadSecretStore, variables: MemoryVariables
) -> None:
    west = variables.in_region("west")
    await store.create("default", "a", b"one")

    prepared = await store.in_region("west").prepare("default", JOB, ["a"])
    await store.update("default", "a", b"two", [SecretUser(JOB, ["a"], "west")])

    assert prepared.generations == {"a": str(variables.index - 1)}
    assert west.items(copy_paths(JOB)[0])["a"] == TWO
    assert ("default", copy_paths(JOB)[0]) not in variables.rows
    await store.in_region("west").release("default", JOB)
    assert west.rows == {}


async def test_a_copy_in_another_region_is_written_again_unless_it_is_surely_younger(
    store: NomadSecretStore, variables: MemoryVariables
) -> None:
    west = variables.in_region("west")
    await store.create("default", "a", b"one")
    await store.in_region("west").prepare("default", JOB, ["a"])
    variables.write(master_path("a"), {VALUE: TWO})  # at the same time as its copy, by the clocks

    west.now_ns = CLOCKS_DIFFER_NS - 1
    await store.in_region("west").settle("default", JOB, ["a"])
    assert west.items(copy_paths(JOB)[0])["a"] == TWO

    west.now_ns = CLOCKS_DIFFER_NS
    await store.in_region("west").settle("default", JOB, ["a"])
    index = west.index
    await store.in_region("west").settle("default", JOB, ["a"])
    assert west.index == index


async def test_a_region_that_is_away_does_not_keep_a_secret_from_being_updated(
    store: NomadSecretStore, variables: MemoryVariables
) -> None:
    await store.create("default", "a", b"one")
    variables.in_region("west").failure = UnreachableError("no path to region")
    await store.prepare("default", JOB, ["a"])

    users = [SecretUser(JOB, ["a"]), SecretUser("openfaas-w", ["a"], "west")]
    await store.update("default", "a", b"two", users)

    assert variables.items(master_path("a")) == {VALUE: TWO}
    assert variables.items(copy_paths(JOB)[0])["a"] == TWO
