"""A login stays while anything may need it, and then goes."""

import pytest

from faas_nomad.operations.ownerless_logins import GRACE_S
from support.deployments import deployment, job_of
from support.login_site import IMAGE, KEY, Site, asking


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
