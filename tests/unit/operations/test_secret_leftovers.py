"""Copies of secrets go once no function needs them, and none that may be needed goes."""

import pytest

from faas_nomad.operations.secret_leftovers import GRACE_S
from faas_nomad.translate.secret_variables import MARK, copy_paths
from support.deployments import deployment, job_of
from support.repair_site import KEY, LATER_NS, ONE, TASK, Site


@pytest.fixture
async def site() -> Site:
    found = Site()
    await found.store.create("default", "a", b"one")
    await found.store.create("default", "b", b"one")
    return found


async def test_copies_without_a_function_go_once_they_were_left_alone(site: Site) -> None:
    await site.store.prepare(*KEY[:2], ["a"])

    await site.pass_over(after_s=GRACE_S - 1)
    assert ("default", TASK) in site.variables.rows

    await site.pass_over(after_s=1)
    assert ("default", TASK) not in site.variables.rows


async def test_copies_of_a_job_that_only_nomad_knows_stay(site: Site) -> None:
    """Stopped by hand, or another installation's whose prefix begins with ours."""
    await site.store.prepare(*KEY[:2], ["a"])
    site.nomad.put(KEY, job_of(deployment()))

    await site.pass_over(after_s=GRACE_S)

    assert ("default", TASK) in site.variables.rows


async def test_a_variable_of_somebody_else_on_a_job_s_path_stays(site: Site) -> None:
    site.variables.write(TASK, {"theirs": "x"})
    site.deploy()

    await site.pass_over(after_s=GRACE_S)

    assert site.variables.items(TASK) == {"theirs": "x"}


@pytest.mark.parametrize("meta", [None, {"openfaas": "1", "openfaas.spec": "edited by hand"}])
async def test_copies_of_a_job_that_was_just_edited_to_be_no_function_stay(
    site: Site, meta: dict[str, str] | None
) -> None:
    await site.store.prepare(*KEY[:2], ["a"])
    site.deploy()
    site.nomad.jobs[KEY]["Meta"] = meta

    await site.pass_over(after_s=GRACE_S)

    assert ("default", TASK) in site.variables.rows


async def test_what_a_function_names_no_more_goes_once_its_update_succeeded(site: Site) -> None:
    await site.store.prepare(*KEY[:2], ["a", "b"])
    site.deploy(secrets=["b"])

    await site.pass_over(after_s=GRACE_S)

    assert site.variables.items(TASK) == {"b": ONE, MARK: "1"}


async def test_the_last_secret_of_a_function_takes_the_variable_with_it(site: Site) -> None:
    await site.store.prepare(*KEY[:2], ["a"])
    site.deploy()

    await site.pass_over(after_s=GRACE_S)

    assert ("default", TASK) not in site.variables.rows


@pytest.mark.parametrize("status", ["running", "failed", "cancelled"])
async def test_while_an_older_version_may_come_back_its_secrets_stay(
    site: Site, status: str
) -> None:
    await site.store.prepare(*KEY[:2], ["a", "b"])
    site.deploy(secrets=["b"], status=status)

    await site.pass_over(after_s=GRACE_S)

    assert "a" in site.variables.items(TASK)


async def test_a_copy_that_is_written_meanwhile_is_not_shrunk(site: Site) -> None:
    """Another instance deploys a version that names `a` again, between our reading and writing."""
    await site.store.prepare(*KEY[:2], ["a", "b"])
    site.deploy(secrets=["b"])
    both = site.variables.items(TASK)
    site.variables.now_ns = LATER_NS
    site.variables.before_put.append(lambda: site.variables.write(TASK, both))

    await site.repair.pass_over()

    assert site.variables.items(TASK) == both


async def test_other_namespaces_are_left_alone(site: Site) -> None:
    path = copy_paths("openfaas-x")[0]
    site.variables.write(path, {"a": ONE, MARK: "1"}, "of-b")

    await site.pass_over(after_s=GRACE_S)

    assert ("of-b", path) in site.variables.rows


async def test_copies_of_no_function_are_removed_in_another_region_too(site: Site) -> None:
    west = site.variables.in_region("west")
    site.follow("west")
    await site.store.in_region("west").prepare("default", "openfaas-gone", ["a"])

    await site.pass_over(after_s=2 * GRACE_S)

    assert west.rows == {}
