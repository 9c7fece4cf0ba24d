"""What a new value of a secret does to functions that read theirs at the start, under load."""

import base64
from collections.abc import Iterator

import httpx
import pytest

from support.functions import Functions
from support.secret_changes import (
    MODE,
    SIGNAL,
    deployed,
    known_by,
    loaded,
    running,
    seconds_until_known,
)
from support.secret_site import SecretSite
from support.service import run_service
from support.waiting import wait_until
from support.world import World

pytestmark = pytest.mark.timeout(180)

PREFIX = "changes-"


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretSite]:
    folder = tmp_path_factory.mktemp("changes")
    settings = world.settings(PREFIX, log_level="debug")
    with run_service(folder, world.nomad_url, settings) as service:
        service.wait_for_nomad()
        with SecretSite(world, service) as used:
            yield used
        assert used.leaks() == []


@pytest.fixture
def functions(world: World, site: SecretSite) -> Iterator[Functions]:
    with Functions(world, site.service) as deployed:
        yield deployed
        site.remember_nomad()


@pytest.mark.parametrize("count", [1, 2])
def test_restart_replaces_replicas_without_a_failed_request(
    site: SecretSite, functions: Functions, count: int
) -> None:
    function, secret, first = deployed(site, functions, count, {MODE: "restart"})
    before = running(functions, function)
    assert known_by(functions, function, secret)[1] == first
    second = site.text()

    with loaded(functions, function) as report:
        site.check(site.sdk.update_secret(secret, second))
        took_s = seconds_until_known(functions, function, secret, second, count)
        functions.wait_updated(function)
        wait_until(lambda: before.isdisjoint(running(functions, function)), "old ones end", 40)

    print(f"restart, {count} replicas: everywhere after {took_s:.1f} s, {report.requests} requests")
    assert (report.failed, report.repeated) == (0, 0), report


def test_signal_has_replicas_read_it_anew_without_a_restart(
    site: SecretSite, functions: Functions
) -> None:
    annotations = {MODE: "signal", SIGNAL: "SIGHUP"}
    function, secret, first = deployed(site, functions, 2, annotations)
    before = running(functions, function)
    assert known_by(functions, function, secret)[1] == first
    second = site.text()

    with loaded(functions, function) as report:
        site.check(site.sdk.update_secret(secret, second))
        took_s = seconds_until_known(functions, function, secret, second, 2)

    print(f"signal, 2 replicas: everywhere after {took_s:.1f} s, {report.requests} requests")
    assert (report.failed, report.repeated) == (0, 0), report
    assert running(functions, function) == before


def test_noop_changes_the_file_and_leaves_the_process_alone(
    site: SecretSite, functions: Functions
) -> None:
    function, secret, first = deployed(site, functions, 1, {MODE: "noop"})
    second = site.text()

    site.check(site.sdk.update_secret(secret, second))

    site.wait_read(functions, function, secret, second.encode())
    assert known_by(functions, function, secret)[1] == first


def test_a_function_that_did_not_ask_is_not_restarted_and_one_that_names_another_neither(
    site: SecretSite, functions: Functions
) -> None:
    plain, secret, _ = deployed(site, functions, 1, {})
    other, _, _ = deployed(site, functions, 1, {MODE: "restart"})
    indexes = [job_version(functions, name) for name in (plain, other)]

    site.check(site.sdk.update_secret(secret, site.text()))

    assert [job_version(functions, name) for name in (plain, other)] == indexes


def job_version(functions: Functions, name: str) -> int:
    return int(functions.world.nomad.job.get_job(functions.job_id(name))["Version"])


def test_a_restart_that_was_cut_short_is_made_up_for_once(
    site: SecretSite, functions: Functions
) -> None:
    """As if the service had died between the secret and the restart: another one starts."""
    function, secret, _ = deployed(site, functions, 1, {MODE: "restart"})
    version = job_version(functions, function)
    second = site.text()
    write_master(functions, secret, second)
    folder = functions.world.folder / f"again-{secret}"
    folder.mkdir()

    settings = functions.world.settings(PREFIX, resync_interval="1s")
    with run_service(folder, functions.world.nomad_url, settings) as another:
        another.wait_for_nomad()
        seconds_until_known(functions, function, secret, second, 1)

    assert job_version(functions, function) == version + 1


def write_master(functions: Functions, secret: str, value: str) -> None:
    items = {"value": base64.b64encode(value.encode()).decode()}
    url = f"{functions.world.nomad_url}/v1/var/openfaas/secrets/{secret}"
    assert httpx.put(url, json={"Items": items}).status_code == 200
