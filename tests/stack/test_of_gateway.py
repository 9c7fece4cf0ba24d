"""Behind the OpenFaaS gateway, where it is on PATH: what it makes of our answers, and we of it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from support.functions import Functions
from support.go_sdk import GoSdk
from support.of_gateway import URL, OfGateway, require_of_gateway, run_of_gateway
from support.service import run_service
from support.world import WHATEVER_DRIVER, World

pytestmark = WHATEVER_DRIVER
USER, PASSWORD = "admin", "of both of them"
OPEN = pytest.param({"scale_from_zero": "false", "basic_auth": "false"}, id="as shipped")
GUARDED = pytest.param({"scale_from_zero": "true", "basic_auth": "true"}, id="auth, waking")


@dataclass(frozen=True)
class Behind:
    """Functions whose callers and clients all go through the gateway."""

    functions: Functions
    gateway: OfGateway
    direct: GoSdk
    """The provider address, which the gateway calls itself."""
    auth: tuple[str, str] | None

    def system(self, method: str, path: str, **call: Any) -> httpx.Response:
        answer = self.functions.http.request(method, path, auth=self.auth, **call)
        assert answer.is_success, (answer.status_code, answer.text)
        return answer

    def alert(self, status: str, name: str) -> None:
        labels = {"alertname": "APIHighInvocationRate", "function_name": f"{name}.openfaas-fn"}
        body = {"status": status, "alerts": [{"status": status, "labels": labels}]}
        self.system("POST", "/system/alert", json=body)


@pytest.fixture(scope="module", params=[OPEN, GUARDED])
def behind(
    request: pytest.FixtureRequest, world: World, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Behind]:
    binary = require_of_gateway()
    folder = tmp_path_factory.mktemp("of-gateway-")
    (folder / "basic-auth-user").write_text(USER)
    (folder / "basic-auth-password").write_text(PASSWORD)
    asked = {**request.param, "secret_mount_path": str(folder)}
    own = {name: asked[name] for name in ("basic_auth", "secret_mount_path")}
    user, password = (USER, PASSWORD) if asked["basic_auth"] == "true" else ("", "")
    with ExitStack() as stack:
        settings = world.settings("of-gateway-", **own)
        service = stack.enter_context(run_service(folder, world.nomad_url, settings))
        service.wait_for_nomad()
        gateway = stack.enter_context(run_of_gateway(binary, service, **asked))
        functions = stack.enter_context(Functions(world, replace(service, gateway_url=URL)))
        functions.sdk = GoSdk(world.sdk_binary, URL, user, password)
        direct = GoSdk(world.sdk_binary, service.provider_url, user, password)
        yield Behind(functions, gateway, direct, (user, password) if user else None)


@pytest.fixture
def echo(behind: Behind) -> str:
    return behind.functions.deploy(behind.functions.world.deployment(labels={"team": "a"}))


def test_what_was_deployed_is_listed_polled_updated_and_removed(behind: Behind, echo: str) -> None:
    functions = behind.functions
    [listed] = [fn for fn in behind.system("GET", "/system/functions").json() if fn["name"] == echo]
    behind.gateway.wait_for_gauge(f"{echo}.openfaas-fn", 1)

    sent = {**functions.world.deployment("2"), "service": echo}
    updated = functions.sdk.update(sent)
    functions.wait_updated(echo)
    version = functions.echoed(echo)["version"]
    removed = functions.sdk.delete(echo)

    assert listed["labels"] == {"team": "a"}
    assert (listed["replicas"], listed["availableReplicas"]) == (1, 1)
    assert (updated.status, version, removed.status) == (202, "2", 202)
    assert functions.sdk.delete(echo).status == 404


def test_requests_reach_the_function_as_they_were_sent(behind: Behind, echo: str) -> None:
    seen = behind.functions.echoed(
        echo, "/a/b?q=1", method="POST", content=b"body", headers={"X-Call-Id": "mine"}
    )

    assert (seen["method"], seen["uri"], seen["body"]) == ("POST", "/a/b?q=1", "body")
    assert seen["headers"]["X-Call-Id"] == ["mine"]
    assert seen["headers"]["X-Forwarded-Host"] == ["127.0.0.1:8080"]
    assert behind.functions.invoke("nobodys").status_code == 404


def test_server_sent_events_arrive_before_the_answer_ends(behind: Behind, echo: str) -> None:
    headers = {"Accept": "text/event-stream", "X-Echo-Ticks": "2", "X-Echo-Delay-Ms": "20000"}
    call = behind.functions.http.stream("GET", f"/function/{echo}", headers=headers, timeout=10)

    with call as answer:
        first = next(answer.iter_lines())

    assert first == "data: 0"


def test_logs_come_line_by_line(behind: Behind, echo: str) -> None:
    behind.functions.invoke(
        echo, method="POST", content=b"told\n", headers={"X-Echo-Print": "stdout"}
    )
    query = {"name": echo, "follow": "true"}
    client = behind.functions.http
    with client.stream("GET", "/system/logs", params=query, auth=behind.auth) as answer:
        lines = (json.loads(line) for line in answer.iter_lines() if line)
        found = next(line for line in lines if "told" in line["text"])

    assert (found["name"], found["namespace"]) == (echo, "openfaas-fn")


def test_its_alerts_step_up_and_back(behind: Behind, echo: str) -> None:
    behind.alert("firing", echo)
    raised = behind.functions.status(echo)["replicas"]
    behind.alert("resolved", echo)

    assert (raised, behind.functions.status(echo)["replicas"]) == (2, 1)


def test_a_sleeping_function_answers(behind: Behind, echo: str) -> None:
    assert behind.direct.scale(echo, 0).status == 202
    behind.functions.wait_available(echo, 0)

    assert behind.functions.echoed(echo)["method"] == "GET"
    assert behind.functions.status(echo)["replicas"] == 1


def test_without_the_credentials_of_both_nobody_gets_in(behind: Behind) -> None:
    if behind.auth is None:
        pytest.skip("nothing is asked for here")
    for path in ("functions", "namespaces", "secrets", "logs?name=x"):
        assert behind.functions.http.get(f"/system/{path}").status_code == 401
