"""Info, namespaces, health and metrics; and who may ask."""

import base64

import pytest

from faas_nomad.api.auth import is_authorized
from faas_nomad.api.services import BasicAuth
from support.control_plane import ControlPlane, Opened

AUTH = BasicAuth("admin", "pässword:x")


def basic(text: str) -> str:
    return "Basic " + base64.b64encode(text.encode()).decode()


async def test_info_has_the_provider_s_shape_on_the_provider_address(plane: ControlPlane) -> None:
    info = (await plane.client.get("/system/info")).json()

    assert (info["provider"], info["orchestration"]) == ("faas-nomad", "nomad")
    assert info["version"]["release"]
    assert info["version"]["sha"]


async def test_info_has_the_gateway_s_shape_on_the_gateway_address(plane: ControlPlane) -> None:
    headers = {"X-Faas-Nomad-Address": "gateway"}

    info = (await plane.client.get("/system/info", headers=headers)).json()

    assert info["provider"]["provider"] == "faas-nomad"
    assert info["version"]["release"]
    assert info["arch"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_health_is_an_empty_200(plane: ControlPlane, method: str) -> None:
    answer = await plane.client.request(method, "/healthz")

    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("path", ["/healthz", "/healthz?detail=1", "/readyz"])
async def test_a_service_that_is_told_to_stop_sends_balancers_away(
    plane: ControlPlane, path: str
) -> None:
    assert (await plane.client.get(path)).status_code == 200

    plane.services.lifecycle.is_stopping = True

    assert (await plane.client.get(path)).status_code == 503


async def test_a_service_is_ready_once_all_functions_are_known(plane: ControlPlane) -> None:
    functions = plane.services.functions
    functions.picture.known.clear()

    answer = await plane.client.get("/readyz")

    assert (answer.status_code, answer.text) == (
        503,
        "Functions are not known yet: Nomad has not answered.\n",
    )
    assert (await plane.client.get("/healthz")).status_code == 200


async def test_health_in_detail_tells_of_the_back_ends(plane: ControlPlane) -> None:
    plane.services.backends.add("nomad").lost(1.0, "refused")

    nomad = (await plane.client.get("/healthz?detail=1")).json()["backends"]["nomad"]

    assert (nomad["connected"], nomad["error"]) == (False, "refused")


async def test_calls_are_counted_by_route_and_not_by_name(plane: ControlPlane) -> None:
    await plane.client.get("/system/functions")
    await plane.client.get("/system/function/secret-name")
    await plane.client.get("/system/nothing-here")

    text = (await plane.client.get("/metrics")).text

    assert (
        'provider_http_requests_total{code="200",method="GET",path="/system/functions"} 1.0' in text
    )
    assert 'code="404",method="GET",path="/system/function"' in text
    assert "secret-name" not in text
    assert "nothing-here" not in text


@pytest.mark.parametrize(
    "path",
    [
        "/system/functions",
        "/system/function/a",
        "/system/info",
        "/system/namespaces",
        "/system/namespace/a",
    ],
)
async def test_system_routes_want_credentials(opened: Opened, path: str) -> None:
    plane = opened(auth=AUTH)

    answer = await plane.client.get(path)

    assert (answer.status_code, answer.text) == (401, "invalid credentials\n")
    assert answer.headers["www-authenticate"] == 'Basic realm="Restricted"'


async def test_the_right_credentials_pass(opened: Opened) -> None:
    headers = {"Authorization": basic("admin:pässword:x")}

    assert (await opened(auth=AUTH).client.get("/system/info", headers=headers)).is_success


@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
async def test_health_and_metrics_are_open(opened: Opened, path: str) -> None:
    assert (await opened(auth=AUTH).client.get(path)).is_success


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic !!!", "Bearer ", basic("admin:x"), basic("x:pässword:x"), basic("admin")],
)
def test_anything_else_is_refused(header: str) -> None:
    assert not is_authorized(header, AUTH)
