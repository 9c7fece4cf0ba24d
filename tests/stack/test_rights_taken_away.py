"""One right of the shipped policy is taken away while faas-nomad serves: what lacks is named."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from support.functions import Functions
from support.secret_site import SecretSite
from support.secure_nomad import SecureNomad
from support.service import Service, run_service
from support.waiting import wait_until
from support.world import SECURE, World

pytestmark = pytest.mark.parametrize("world", [SECURE], indirect=True)
PREFIX = "lacking-"
POLICY = "/v1/acl/policy/faas-nomad-lacking"
COPIES, SCALING = f"nomad/jobs/{PREFIX}*", "openfaas/scaling/*"
WITHIN_S = 30.0


@pytest.fixture(scope="module")
def secure(world: World) -> SecureNomad:
    assert world.secure is not None
    return world.secure


@pytest.fixture(scope="module")
def settings(world: World) -> dict[str, str]:
    return world.settings(PREFIX)


@pytest.fixture(scope="module")
def serving(
    world: World, settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    with run_service(tmp_path_factory.mktemp("lacking"), world.nomad_url, settings) as running:
        running.wait_for_nomad()
        yield running


@pytest.fixture
def site(world: World, serving: Service) -> Iterator[SecretSite]:
    with SecretSite(world, serving) as found:
        yield found


@pytest.fixture
def deployed(world: World, serving: Service) -> Iterator[Functions]:
    with Functions(world, serving) as found:
        yield found


@contextmanager
def lacking(secure: SecureNomad, taken: str, left: str = "") -> Iterator[None]:
    """Take what the pattern `taken` finds in the policy away until the block ends."""
    whole = secure.ask("GET", POLICY)
    rules, times = re.subn(taken, left, whole["Rules"])
    assert times == 1, whole["Rules"]
    secure.ask("POST", POLICY, {**whole, "Rules": rules})
    try:
        yield
    finally:
        secure.ask("POST", POLICY, whole)


def on_variables(path: str, right: str) -> tuple[str, str]:
    """Return what takes that right on that path away, and what it leaves.

    "list" is not among them: it comes with "read" and with "write".
    """
    others = [one for one in ("read", "write", "list", "destroy") if one != right]
    given = ", ".join(f'"{one}"' for one in others)
    head = f'path "{path}" {{\n      capabilities = '
    return re.escape(head) + r"\[[^]]*\]", f"{head}[{given}]"


def wait_said(service: Service, *words: str) -> None:
    """Wait until one line of the log has all of the words."""

    def said() -> bool:
        lines = service.child.log_file.read_text().replace('\\"', '"').splitlines()
        return any(all(word in line for word in words) for line in lines)

    wait_until(said, f"the log says {words}", WITHIN_S)


def test_without_node_read_values_are_assumed_and_the_right_is_named(
    world: World, secure: SecureNomad, settings: dict[str, str], tmp_path: Path
) -> None:
    with (
        lacking(secure, r'node \{\s*policy = "read"\s*\}'),
        run_service(tmp_path, world.nomad_url, settings) as service,
        Functions(world, service) as functions,
    ):
        service.wait_for_nomad()
        functions.deploy(world.deployment())

        wait_said(service, "drivers and speed are assumed", 'node { policy = "read" }')


@pytest.mark.parametrize("right", ["read", "write"])
def test_a_function_whose_secrets_cannot_be_copied_is_refused_with_the_right(
    world: World, secure: SecureNomad, site: SecretSite, right: str
) -> None:
    sent = world.deployment(secrets=[site.create(site.text())])
    with lacking(secure, *on_variables(COPIES, right)):
        refused = site.sdk.deploy(sent)

    assert refused.status == 502, refused
    path = f"nomad/jobs/{PREFIX}{sent['service']}"
    assert f'"{right}" on the variables path "{path}' in refused.body
    assert site.sdk.get(sent["service"]).status == 404


def test_copies_that_cannot_be_removed_are_told_with_the_right(
    world: World, secure: SecureNomad, site: SecretSite, deployed: Functions
) -> None:
    name = deployed.deploy(world.deployment(secrets=[site.create(site.text())]))
    with lacking(secure, *on_variables(COPIES, "destroy")):
        assert deployed.sdk.delete(name).status == 202

        path = f"nomad/jobs/{PREFIX}{name}"
        words = f'"destroy" on the variables path "{path}'
        wait_said(deployed.service, "copies of secrets are left", words)


@pytest.mark.parametrize("right", ["read", "write"])
def test_an_instance_that_cannot_decide_on_scaling_names_the_right(
    world: World, secure: SecureNomad, settings: dict[str, str], tmp_path: Path, right: str
) -> None:
    with (
        lacking(secure, *on_variables(SCALING, right)),
        run_service(tmp_path, world.nomad_url, settings) as service,
    ):
        words = f'"{right}" on the variables path "openfaas/scaling/'
        wait_said(service, "the lease to decide on scaling cannot be had", words)
