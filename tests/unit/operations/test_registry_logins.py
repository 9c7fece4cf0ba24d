"""A function's login follows its secret, and goes with the function."""

import pytest
from structlog.testing import capture_logs

from faas_nomad.clients.errors import DeniedError, RejectedError, UnreachableError
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.ownerless_logins import GRACE_S
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.registry_logins import RegistryLogin
from faas_nomad.translate.secret_names import InvalidSecretError
from support.deployments import deployment
from support.login_site import IMAGE, KEY, WHERE, Site, asking, config


@pytest.fixture
def site() -> Site:
    return Site()


async def test_the_login_of_the_image_s_registry_is_kept_before_the_job(site: Site) -> None:
    made = await site.logins.prepare(asking(), KEY, site.policy)

    assert site.store.kept == {WHERE: RegistryLogin("u", "one")}
    assert made
    assert made.block["Name"] == "registry"


async def test_a_function_that_needs_none_has_none(site: Site) -> None:
    assert await site.logins.prepare(deployment(), KEY, site.policy) is None
    assert site.store.kept == {}


@pytest.mark.parametrize(
    ("secret", "expected"),
    [
        (None, "a secret that exists"),
        (config("x", "other.io"), "a secret with a login for ghcr.io"),
        (b"{}", "in the format of Docker's config.json"),
    ],
)
async def test_a_secret_asked_for_that_is_of_no_use_is_refused(
    site: Site, secret: bytes | None, expected: str
) -> None:
    site.store.secrets.clear()
    if secret is not None:
        site.store.secrets["default", "pull"] = secret

    with pytest.raises(InvalidDeploymentError, match=f'"pull" is not .*{expected}'):
        await site.logins.prepare(asking(), KEY, site.policy)

    assert site.store.kept == {}


async def test_the_installation_s_secret_need_not_have_every_registry(site: Site) -> None:
    site.policy = JobPolicy(registry_secret="pull")
    site.store.secrets["default", "pull"] = config("x", "other.io")
    fn = deployment(image=IMAGE)

    assert await site.logins.prepare(fn, KEY, site.policy) is None
    site.store.secrets.clear()
    assert await site.logins.prepare(fn, KEY, site.policy) is None
    site.store.secrets["default", "pull"] = config("one")
    assert await site.logins.prepare(fn, KEY, site.policy) is not None


async def test_a_changed_secret_changes_the_logins_made_of_it(site: Site) -> None:
    await site.deploy(asking())
    site.store.secrets["default", "pull"] = config("two")

    await site.logins.renew("default", "another")
    assert site.password == "one"
    await site.logins.renew("default", "pull")

    assert site.password == "two"


async def test_what_was_cut_short_is_made_up_for_and_then_nothing_is_written(site: Site) -> None:
    site.known(asking())
    await site.pass_over()
    assert site.password == "one"
    writes = site.store.writes

    await site.pass_over()

    assert site.store.writes == writes


async def test_a_secret_that_is_gone_or_spoilt_leaves_the_login(site: Site) -> None:
    await site.deploy(asking())
    for secrets in ({}, {("default", "pull"): b"spoilt"}, {("default", "pull"): b"[" * 40_000}):
        site.store.secrets = secrets
        await site.pass_over()

        assert site.password == "one"


async def test_a_secret_that_was_written_by_hand_and_cannot_be_read_leaves_the_login(
    site: Site,
) -> None:
    await site.deploy(asking())
    site.store.failure = InvalidSecretError("value: what is kept of it is not base64")

    await site.logins.renew("default", "pull")

    assert site.password == "one"
    with pytest.raises(InvalidDeploymentError, match="a secret whose value can be read"):
        await site.logins.prepare(asking(), KEY, site.policy)


async def test_a_removed_function_s_login_goes_with_it(site: Site) -> None:
    await site.deploy(asking())

    await site.logins.release(asking(), KEY)

    assert site.store.kept == {}


async def test_no_password_is_remembered_of_a_function_that_another_instance_removed(
    site: Site,
) -> None:
    await site.deploy(asking())
    site.functions.forget(KEY, 1000)

    await site.pass_over()

    assert site.logins._kept == {}


async def test_failures_after_the_fact_are_logged_without_a_value(site: Site) -> None:
    await site.deploy(asking())
    site.store.failure = UnreachableError("away")

    with capture_logs() as logs:
        await site.logins.renew("default", "pull")
        await site.logins.release(asking(), KEY)
    with pytest.raises(UnreachableError):
        await site.pass_over()

    assert [line["function"] for line in logs] == ["figlet", "figlet"]
    assert "one" not in str(logs)


async def test_a_login_that_cannot_be_written_keeps_no_other_from_it(site: Site) -> None:
    other = KEY._replace(job_id="openfaas-other")
    site.known(asking(), key=KEY)
    site.known(asking().model_copy(update={"service": "other"}), key=other)
    site.store.kept["default", "openfaas-gone"] = RegistryLogin("u", "p")
    site.store.refuses.add(KEY.job_id)

    for _ in range(2):
        with pytest.raises(RejectedError):
            await site.pass_over(after_s=GRACE_S)

    assert site.store.kept == {("default", other.job_id): RegistryLogin("u", "one")}


async def test_before_nomad_1_11_a_login_asked_for_is_refused(site: Site) -> None:
    site.nomad.version = "1.10.5"

    with pytest.raises(InvalidDeploymentError, match=r'"pull" is not of use before Nomad 1\.11'):
        await site.logins.prepare(asking(), KEY, site.policy)

    assert site.store.kept == {}


async def test_before_nomad_1_11_the_installation_s_login_is_left_out_and_told_once(
    site: Site,
) -> None:
    site.nomad.version = "1.10.5"
    site.policy = JobPolicy(registry_secret="pull")
    fn = deployment(image=IMAGE)

    with capture_logs() as told:
        assert await site.logins.prepare(fn, KEY, site.policy) is None
        assert await site.logins.prepare(fn, KEY, site.policy) is None

    assert site.store.kept == {}
    assert [(line["log_level"], line["nomad"], line["needed"]) for line in told] == [
        ("warning", "1.10.5", "1.11.0")
    ]


@pytest.mark.parametrize("fn", [asking(), deployment(image=IMAGE)])
async def test_before_nomad_1_11_no_login_is_kept_that_no_task_would_read(
    site: Site, fn: FunctionDeployment
) -> None:
    site.nomad.version = "1.10.5"
    site.policy = JobPolicy(registry_secret="pull")
    site.known(fn)

    await site.pass_over()
    await site.logins.renew("default", "pull")

    assert site.store.kept == {}


async def test_a_nomad_that_was_updated_meanwhile_gets_logins(site: Site) -> None:
    site.nomad.version = "1.10.5"
    site.policy = JobPolicy(registry_secret="pull")
    fn = deployment(image=IMAGE)
    assert await site.logins.prepare(fn, KEY, site.policy) is None

    site.nomad.version = "1.11.1"
    site.now_s += 61.0

    assert await site.logins.prepare(fn, KEY, site.policy)


async def test_nodes_tell_the_version_where_the_agent_may_not_be_read(site: Site) -> None:
    site.nomad.version = "1.10.5"
    site.nomad.agent_failure = DeniedError("no")
    with pytest.raises(InvalidDeploymentError, match=r"this one is 1\.10\.5"):
        await site.logins.prepare(asking(), KEY, site.policy)


async def test_a_nomad_that_does_not_tell_its_version_is_taken_to_be_new(site: Site) -> None:
    site.nomad.version = "1.10.5"
    site.nomad.agent_failure = site.nomad.nodes_failure = DeniedError("no")

    assert await site.logins.prepare(asking(), KEY, site.policy)
