"""A login stays while anything may need it, and then goes."""

import pytest

from faas_nomad.operations.ownerless_logins import GRACE_S
from faas_nomad.state.region.jobs import JobReader
from faas_nomad.state.region.picture import RegionPicture
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.registry_logins import nomad_block
from support.deployments import deployment, job_of
from support.job_meta import read_deployment
from support.login_site import IMAGE, KEY, WHERE, Site, asking


@pytest.fixture
def site() -> Site:
    return Site()


async def test_a_login_without_a_function_goes_after_a_while(site: Site) -> None:
    await site.logins.prepare(asking(), KEY, site.policy)

    await site.pass_over()
    await site.pass_over(after_s=GRACE_S - 1)
    assert site.password == "one"
    await site.pass_over(after_s=1)

    assert site.password is None


@pytest.mark.parametrize(("status", "password"), [("running", "one"), ("successful", None)])
async def test_a_function_that_needs_it_no_more_loses_it_once_its_update_succeeded(
    site: Site, status: str, password: str | None
) -> None:
    await site.deploy(asking())
    site.known(deployment(image=IMAGE), status)

    await site.pass_over()
    await site.pass_over(after_s=GRACE_S)

    assert site.password == password


async def test_a_job_that_only_nomad_knows_keeps_its_login(site: Site) -> None:
    await site.logins.prepare(asking(), KEY, site.policy)
    site.nomad.put(KEY, job_of(asking()))

    await site.pass_over()
    await site.pass_over(after_s=GRACE_S)

    assert site.password == "one"


async def test_a_login_that_all_regions_share_stays_while_one_of_them_may_need_it(
    site: Site,
) -> None:
    """In Vault there is one of a name; that the others have no such job tells nothing."""
    site.functions.picture.regions["west"] = RegionPicture(JobReader(read_deployment), "west")
    site.functions.replace(Snapshot(1, [], [], [], region="west"))
    await site.deploy(asking())
    site.known(deployment(image=IMAGE), "running")

    await site.pass_over()
    await site.pass_over(after_s=GRACE_S)
    assert site.password == "one"
    site.known(deployment(image=IMAGE))
    await site.pass_over()

    assert site.password is None


async def test_a_function_whose_job_reads_it_keeps_it_whatever_the_settings_say_now(
    site: Site,
) -> None:
    await site.deploy(asking())
    site.known(deployment(image=IMAGE))
    job = site.nomad.jobs[KEY]
    job["TaskGroups"][0]["Tasks"][0]["Secrets"] = [nomad_block(KEY.job_id)]

    await site.pass_over()
    await site.pass_over(after_s=GRACE_S)

    assert site.password == "one"


async def test_a_login_that_somebody_removed_is_written_again(site: Site) -> None:
    await site.deploy(asking())
    await site.pass_over()
    del site.store.kept[WHERE]

    await site.pass_over()
    await site.pass_over()

    assert site.password == "one"
