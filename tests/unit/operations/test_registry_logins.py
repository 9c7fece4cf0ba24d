"""A function's login follows its secret, and goes with the function."""

import json
from collections.abc import Mapping

import pytest
from structlog.testing import capture_logs

from faas_nomad.clients.errors import DeniedError, UnreachableError
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.registry_logins import GRACE_S, RegistryLogins
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import DeploymentRecord, JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.meta import created_ns_from_meta, deployment_from_job_meta
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.registry_logins import RegistryLogin
from support.deployments import OURS, deployment, job_of
from support.memory_logins import MemoryLogins
from support.memory_nomad import MemoryNomad

KEY = JobKey("default", "openfaas-figlet")
WHERE = (KEY.namespace, KEY.job_id)
IMAGE = "ghcr.io/x/figlet:1"


def read_meta(_key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int]:
    return deployment_from_job_meta(meta), created_ns_from_meta(meta)


def config(password: str, server: str = "ghcr.io") -> bytes:
    return json.dumps({"auths": {server: {"username": "u", "password": password}}}).encode()


def asking(secret: str = "pull") -> FunctionDeployment:
    return deployment(image=IMAGE, annotations={f"{OURS}registry_secret": secret})


class Site:
    """Everything that logins are made with."""

    def __init__(self) -> None:
        names = Names("openfaas-", "openfaas-fn", "default")
        self.functions = Functions(
            Picture(read_meta), RouteTable(), names, lambda _job: RoutePolicy()
        )
        self.functions.replace(Snapshot(1, [], [], []))
        self.store = MemoryLogins()
        self.store.secrets["default", "pull"] = config("one")
        self.nomad = MemoryNomad()
        self.now_s = 0.0
        self.policy = JobPolicy()
        self.logins = RegistryLogins(
            self.store,
            self.functions,
            self.nomad,  # type: ignore[arg-type]
            self._policy,
            lambda: self.now_s,
        )

    async def _policy(self, region: str = "") -> JobPolicy:
        return self.policy

    async def deploy(self, fn: FunctionDeployment) -> None:
        await self.logins.prepare(fn, KEY, self.policy)
        self.known(fn)

    def known(self, fn: FunctionDeployment, status: str = "successful") -> None:
        reply = self.nomad.put(KEY, job_of(fn))
        self.functions.write_through({**job_of(fn), "Version": 0}, reply["JobModifyIndex"])
        self.functions.picture.regions[""].deployments[KEY] = DeploymentRecord("d", 0, status, "")

    async def pass_over(self, after_s: float = 0.0) -> None:
        self.now_s += after_s
        await self.logins.pass_over()

    @property
    def password(self) -> str | None:
        login = self.store.kept.get(WHERE)
        return login.password if login else None


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
    for secrets in ({}, {("default", "pull"): b"spoilt"}):
        site.store.secrets = secrets
        await site.pass_over()

        assert site.password == "one"


async def test_a_removed_function_s_login_goes_with_it(site: Site) -> None:
    await site.deploy(asking())

    await site.logins.release(asking(), KEY)

    assert site.store.kept == {}


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
