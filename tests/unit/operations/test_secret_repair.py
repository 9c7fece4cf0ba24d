"""Whatever was cut short is put right by one pass, and a second pass does nothing."""

from dataclasses import replace

import pytest

from faas_nomad.clients.errors import ConflictError, DeniedError, UnreachableError
from faas_nomad.clients.nomad_secret_copies import MAX_CONFLICTS
from faas_nomad.operations.secret_leftovers import GRACE_S
from faas_nomad.translate.secret_variables import MARK, VALUE, copy_paths, master_path
from support.memory_secrets import MemorySecretStore
from support.repair_site import KEY, ONE, TASK, TWO, Site


@pytest.fixture
async def site() -> Site:
    found = Site()
    await found.store.create("default", "a", b"one")
    await found.store.create("default", "b", b"one")
    return found


async def test_an_update_cut_short_after_the_master_reaches_the_copies(site: Site) -> None:
    site.deploy(secrets=["a"])
    await site.store.prepare(*KEY[:2], ["a"])
    site.variables.write(master_path("a"), {VALUE: TWO})

    await site.pass_over()

    assert site.variables.items(TASK) == {"a": TWO, MARK: "1"}


async def test_a_copy_that_is_gone_is_made_again(site: Site) -> None:
    site.deploy(secrets=["a"])

    await site.pass_over()

    assert site.variables.items(TASK) == {"a": ONE, MARK: "1"}


async def test_a_copy_that_is_gone_after_it_was_repaired_is_made_again(site: Site) -> None:
    site.deploy(secrets=["a"])
    await site.pass_over()
    del site.variables.rows["default", TASK]

    await site.pass_over()

    assert site.variables.items(TASK) == {"a": ONE, MARK: "1"}


async def test_copies_that_others_wrote_all_the_time_are_repaired_by_the_next_pass(
    site: Site,
) -> None:
    site.deploy(secrets=["a"])
    await site.store.prepare(*KEY[:2], ["a"])
    site.variables.write(master_path("a"), {VALUE: TWO})

    def written_by_others() -> None:
        row = site.variables.rows["default", TASK]
        earlier = replace(row, modify_index=row.modify_index - 1)
        site.variables.rows["default", TASK] = earlier

    site.variables.before_put = [written_by_others] * MAX_CONFLICTS
    with pytest.raises(ConflictError):
        await site.repair.pass_over()

    await site.pass_over()

    assert site.variables.items(TASK)["a"] == TWO


async def test_a_right_that_one_lacks_keeps_no_other_from_repair(site: Site) -> None:
    other = KEY._replace(job_id="openfaas-other")
    for key in (KEY, other):
        site.deploy(key, secrets=["a"], service=key.job_id.removeprefix("openfaas-"))
    site.variables.write(copy_paths("openfaas-gone")[0], {"a": ONE, MARK: "1"})
    site.variables.write(copy_paths("openfaas-gone2")[0], {"a": ONE, MARK: "1"})
    site.variables.denied = {TASK, copy_paths("openfaas-gone")[0]}
    site.variables.now_ns += int(GRACE_S * 1e9)

    with pytest.raises(DeniedError):
        await site.repair.pass_over()

    assert site.variables.items(copy_paths(other.job_id)[0]) == {"a": ONE, MARK: "1"}
    assert ("default", copy_paths("openfaas-gone2")[0]) not in site.variables.rows


async def test_a_deleted_secret_keeps_its_copies(site: Site) -> None:
    site.deploy(secrets=["a", "b"])
    await site.store.prepare(*KEY[:2], ["a", "b"])
    await site.store.delete("default", "a")

    await site.pass_over(after_s=2 * GRACE_S)

    assert site.variables.items(TASK) == {"a": ONE, "b": ONE, MARK: "1"}


async def test_one_function_s_trouble_does_not_keep_the_others_from_repair(site: Site) -> None:
    site.deploy(secrets=["a", "b"])
    await site.store.prepare(*KEY[:2], ["a", "b"])
    site.variables.write(master_path("a"), {VALUE: "x" * 40_000})
    site.variables.write(master_path("b"), {VALUE: "x" * 40_000})
    await site.store.prepare("default", "openfaas-gone", [])
    site.variables.write(copy_paths("openfaas-gone")[0], {"a": ONE, MARK: "1"})

    await site.pass_over(after_s=GRACE_S)

    assert site.variables.items(TASK)["a"] == ONE
    assert ("default", copy_paths("openfaas-gone")[0]) not in site.variables.rows


async def test_a_steady_site_costs_two_lists_and_no_value(site: Site) -> None:
    site.deploy(secrets=["a"])
    await site.store.prepare(*KEY[:2], ["a"])
    await site.pass_over(after_s=GRACE_S)
    site.variables.reads.clear()

    await site.repair.pass_over()

    assert site.variables.reads == []


async def test_a_copy_in_another_region_is_mended_there_and_one_away_stops_no_other(
    site: Site,
) -> None:
    west, north = (site.variables.in_region(region) for region in ("west", "north"))
    site.follow("north", "west")
    site.deploy(KEY._replace(region="west"), secrets=["a"])
    north.failure = UnreachableError("no path to region")

    with pytest.raises(UnreachableError):
        await site.repair.pass_over()

    assert west.items(TASK) == {"a": ONE, MARK: "1"}
    assert ("default", TASK) not in site.variables.rows
    north.failure = None
    index = west.index
    await site.pass_over()
    assert west.index == index


async def test_with_vault_what_tells_a_function_of_changes_is_made_again_where_it_is_gone() -> None:
    vault = MemorySecretStore()
    site = Site(elsewhere=vault)
    site.deploy(secrets=["a"])
    site.deploy(KEY._replace(job_id="openfaas-bare"))
    site.deploy(KEY._replace(job_id="openfaas-well"), secrets=["a"])
    site.variables.write(copy_paths("openfaas-well")[0], {"vault_a": "0", MARK: "1"})

    await site.repair.pass_over()

    assert vault.calls == [("settle", KEY.job_id, ["a"])]
