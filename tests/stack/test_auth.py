"""HTTP Basic on the API; invocations and health stay open."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.go_sdk import GoSdk
from support.service import Service, run_service
from support.world import WHATEVER_DRIVER, World

pytestmark = WHATEVER_DRIVER
USER, PASSWORD = "admin", "pass:wörd"
PROTECTED = [
    ("GET", "/system/functions"),
    ("POST", "/system/functions"),
    ("PUT", "/system/functions"),
    ("DELETE", "/system/functions"),
    ("GET", "/system/function/echo"),
    ("POST", "/system/scale-function/echo"),
    ("GET", "/system/info"),
    ("GET", "/system/namespaces"),
]


@pytest.fixture(scope="module")
def guarded(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder: Path = tmp_path_factory.mktemp("guarded-")
    (folder / "basic-auth-user").write_text(f"{USER}\n")
    (folder / "basic-auth-password").write_text(f"{PASSWORD}\n")
    settings = world.settings("auth-", basic_auth="true", secret_mount_path=str(folder))
    with run_service(folder, world.nomad_url, settings) as running:
        running.wait_for_nomad()
        yield running


@pytest.mark.parametrize(("method", "path"), PROTECTED)
@pytest.mark.parametrize("credentials", [None, (USER, "wrong"), ("", ""), (PASSWORD, USER)])
def test_without_the_right_credentials_it_is_401_and_a_challenge(
    guarded: Service, method: str, path: str, credentials: tuple[str, str] | None
) -> None:
    for url in (guarded.gateway_url, guarded.provider_url):
        answer = httpx.request(method, url + path, auth=credentials, timeout=5)

        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == 'Basic realm="Restricted"'
        assert answer.text.strip() == "invalid credentials"


def test_the_official_client_gets_in_with_the_right_ones(guarded: Service, world: World) -> None:
    inside = GoSdk(world.sdk_binary, guarded.gateway_url, USER, PASSWORD)
    outside = GoSdk(world.sdk_binary, guarded.gateway_url, USER, "wrong")

    assert (inside.list().result, inside.list().error) == ([], "")
    assert inside.info().error == ""
    assert outside.deploy(world.deployment()).status == 401
    assert inside.list().result == []


@pytest.mark.parametrize("path", ["/healthz", "/metrics"])
def test_health_and_metrics_are_open(guarded: Service, path: str) -> None:
    assert httpx.get(guarded.gateway_url + path, timeout=5).status_code == 200


def test_invocations_are_open_and_their_credentials_are_the_functions(guarded: Service) -> None:
    answer = httpx.get(f"{guarded.gateway_url}/function/none", auth=("any", "one"), timeout=5)

    assert answer.status_code == 404


def test_a_service_without_its_password_file_does_not_start(world: World, tmp_path: Path) -> None:
    settings = world.settings("auth-", basic_auth="true", secret_mount_path=str(tmp_path))

    with (
        pytest.raises(AssertionError, match="basic-auth-user"),
        run_service(tmp_path, world.nomad_url, settings),
    ):
        pass
