"""The one query that covers all functions, as it goes to Consul."""

import httpx
import pytest
import respx

from faas_nomad.clients.connections import open_client
from faas_nomad.clients.consul import ConsulClient
from faas_nomad.clients.errors import UnexpectedReplyError, UnreachableError
from faas_nomad.clients.http import Backend
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.tokens import FixedToken

URL = "http://consul:8500/v1/health/state/any"


@pytest.fixture
def consul() -> ConsulClient:
    backend = Backend(
        "Consul",
        open_client("http://consul:8500", TlsFiles(), 5),
        FixedToken("t"),
        token_header="X-Consul-Token",
        timeout_s=5,
    )
    return ConsulClient(backend, timeout_s=5)


@respx.mock
async def test_the_first_query_asks_at_once_and_the_next_waits(consul: ConsulClient) -> None:
    route = respx.get(URL).respond(200, json=[], headers={"X-Consul-Index": "7"})

    first = await consul.watch_checks("openfaas-", "", 0)
    await consul.watch_checks("openfaas-", "dc2", first.index)

    assert first.read() == []
    asked, waited = (dict(call.request.url.params) for call in route.calls)
    assert "wait" not in asked
    assert "stale" in asked
    assert asked["filter"] == 'ServiceName == "" or ServiceName matches "^openfaas-"'
    assert (waited["index"], waited["dc"]) == ("7", "dc2")
    assert route.calls[0].request.headers["X-Consul-Token"] == "t"


@respx.mock
@pytest.mark.parametrize("told", [{}, {"X-Consul-Results-Filtered-By-ACLs": "true"}])
async def test_whether_others_were_left_out_is_told(
    consul: ConsulClient, told: dict[str, str]
) -> None:
    respx.get(URL).respond(200, json=[], headers={"X-Consul-Index": "7", **told})

    assert (await consul.watch_checks("openfaas-", "", 0)).is_filtered is bool(told)


@respx.mock
async def test_a_failure_is_told_at_once(consul: ConsulClient) -> None:
    route = respx.get(URL).mock(side_effect=httpx.ConnectError("refused"))

    with pytest.raises(UnreachableError):
        await consul.watch_checks("openfaas-", "", 3)
    assert route.call_count == 1


@respx.mock
@pytest.mark.parametrize("body", ["{}", "no json", "null"])
async def test_what_is_no_list_is_refused(consul: ConsulClient, body: str) -> None:
    respx.get(URL).respond(200, text=body, headers={"X-Consul-Index": "7"})

    with pytest.raises(UnexpectedReplyError):
        (await consul.watch_checks("openfaas-", "", 0)).read()


@respx.mock
async def test_an_answer_without_an_index_is_refused(consul: ConsulClient) -> None:
    respx.get(URL).respond(200, json=[])

    with pytest.raises(UnexpectedReplyError):
        await consul.watch_checks("openfaas-", "", 0)


AGENT = "http://consul:8500/v1/agent/connect/ca"


@respx.mock
async def test_certificate_and_authorities_of_the_mesh_are_waited_for_at_the_agent(
    consul: ConsulClient,
) -> None:
    leaf = respx.get(f"{AGENT}/leaf/faas-nomad").respond(
        200, json={"CertPEM": "c"}, headers={"X-Consul-Index": "7"}
    )
    respx.get(f"{AGENT}/roots").respond(
        200, json={"TrustDomain": "t"}, headers={"X-Consul-Index": "9"}
    )

    first = await consul.watch_mesh_leaf("faas-nomad", 0)
    await consul.watch_mesh_leaf("faas-nomad", first.index)
    roots = await consul.watch_mesh_roots(0)

    assert (first.found["CertPEM"], roots.found["TrustDomain"], roots.index) == ("c", "t", 9)
    asked, waited = (dict(call.request.url.params) for call in leaf.calls)
    assert asked == {}
    assert waited == {"index": "7", "wait": "60s"}


@respx.mock
@pytest.mark.parametrize("body", ["[]", "no json", "null"])
async def test_a_certificate_that_is_no_object_is_refused(consul: ConsulClient, body: str) -> None:
    respx.get(f"{AGENT}/leaf/x").respond(200, text=body, headers={"X-Consul-Index": "7"})

    with pytest.raises(UnexpectedReplyError):
        await consul.watch_mesh_leaf("x", 0)


@pytest.mark.parametrize("index", ["", "x", "-1", "\u00b2", "9" * 5000])
@respx.mock
async def test_an_answer_without_an_index_is_told(consul: ConsulClient, index: str) -> None:
    respx.get(URL).respond(200, json=[], headers=[(b"X-Consul-Index", index.encode())])

    with pytest.raises(UnexpectedReplyError, match="has no X-Consul-Index"):
        await consul.watch_checks("openfaas-", "", 0)
