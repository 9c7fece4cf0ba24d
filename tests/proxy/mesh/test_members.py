"""Functions in Consul's service mesh: who is called, who is believed, and what a refusal is."""

import asyncio
import ssl
from datetime import timedelta

import pytest

from faas_nomad.clients.probe import Probe, answers
from faas_nomad.proxy.mesh import Mesh
from proxy.conftest import LIMITS, Proxy, running_proxy
from proxy.mesh.calls import ORDERS, Waking, ask, publish
from proxy.origin import origin
from support.certificates import Authority
from support.mesh import identity, member, refusing_sidecar, sidecar
from support.ports import free_port
from support.waiting import until


@pytest.fixture(scope="module")
def impostors(authority: Authority, stranger: Authority) -> dict[str, ssl.SSLContext]:
    shown = {
        "another service": member(authority, "openfaas-bills"),
        "another trust domain": member(authority, ORDERS, trust_domain="other.consul"),
        "another datacenter": member(authority, ORDERS, datacenter="dc9"),
        "expired": member(authority, ORDERS, ends=timedelta(days=-1)),
        "another authority": member(stranger, ORDERS),
        "no identity": authority.issue("plain"),
    }
    return {what: sidecar(certificate, authority) for what, certificate in shown.items()}


async def test_a_member_is_called_on_kept_connections(
    proxy: Proxy, of_orders: ssl.SSLContext
) -> None:
    async with origin(tls=of_orders) as replica:
        publish(proxy, replica.port)
        for _ in range(5):
            assert (await ask(proxy, method="POST", body=b"x")).body == b"ok"
        assert replica.connections == 1


async def test_a_sidecar_is_asked_for_by_the_name_that_consul_gives_it(
    proxy: Proxy, authority: Authority
) -> None:
    asked: list[str | None] = []
    context = sidecar(member(authority, ORDERS), authority)
    context.sni_callback = lambda _sock, name, _context: asked.append(name)
    async with origin(tls=context) as replica:
        publish(proxy, replica.port)
        assert (await ask(proxy)).status == 200

    [name] = asked
    assert name == f"{ORDERS}.default.dc1.internal.11111111-2222-3333-4444-555555555555.consul"


async def test_a_function_in_another_datacenter_is_believed_where_functions_may_be(
    proxy: Proxy, authority: Authority
) -> None:
    context = sidecar(member(authority, ORDERS, datacenter="dc2"), authority)
    async with origin(tls=context) as replica:
        publish(proxy, replica.port)
        assert (await ask(proxy)).status == 200


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_refusal_is_one_clear_502_and_changes_nothing_else(
    proxy: Proxy, waking: Waking, refusing: int, method: str
) -> None:
    publish(proxy, refusing)
    body = b"secret" if method == "POST" else None
    found = await asyncio.gather(*(ask(proxy, method=method, body=body) for _ in range(20)))

    for answer in found:
        assert (answer.status, answer.value("X-OpenFaaS-Internal")) == (502, "proxy")
        assert answer.body == b"Consul's service mesh refuses us calls of: f.openfaas-fn.\n"
    assert proxy.stats.upstream_errors == {"mesh_refused": 20}
    assert (proxy.stats.ejections, proxy.failed, waking.asked) == (0, [], [])


async def test_a_refusing_sidecar_leaves_requests_to_one_that_does_not(
    proxy: Proxy, refusing: int, of_orders: ssl.SSLContext
) -> None:
    async with origin(tls=of_orders) as other:
        publish(proxy, refusing, other.port)
        for _ in range(20):
            assert (await ask(proxy, method="POST", body=b"x")).body == b"ok"
        assert proxy.failed == []


async def test_a_certificate_of_ours_that_has_ended_is_refused(
    control_socket: str, authority: Authority, of_orders: ssl.SSLContext
) -> None:
    late = Mesh()
    late.take(identity(authority, member(authority, "faas-nomad", ends=timedelta(days=-1))))
    with refusing_sidecar(of_orders) as port:
        async with running_proxy(control_socket, LIMITS, mesh=late) as proxy:
            publish(proxy, port)

            assert (await ask(proxy)).status == 502
            assert proxy.stats.upstream_errors == {"mesh_refused": 1}


WHO = [
    "another service",
    "another trust domain",
    "another datacenter",
    "expired",
    "another authority",
    "no identity",
]


@pytest.mark.parametrize("who", WHO)
async def test_who_is_not_the_function_gets_nothing(
    control_socket: str, mesh: Mesh, impostors: dict[str, ssl.SSLContext], who: str
) -> None:
    async with (
        running_proxy(control_socket, LIMITS, mesh=mesh) as proxy,
        origin(tls=impostors[who]) as replica,
    ):
        publish(proxy, replica.port)

        answer = await ask(proxy, method="POST", body=b"secret")
        assert (answer.status, answer.value("X-OpenFaaS-Internal")) == (502, "proxy")
        assert replica.requests == []
        assert proxy.stats.upstream_errors == {"tls": 1}
        await until(lambda: proxy.failed == ["f-0"], "the replica is reported")
        await until(lambda: proxy.stats.upstream_connections == 0, "the connection is closed")


async def test_without_a_certificate_callers_are_told_so(control_socket: str) -> None:
    async with running_proxy(control_socket, LIMITS, mesh=Mesh()) as proxy:
        publish(proxy, free_port())

        answer = await ask(proxy)
        assert answer.status == 503
        assert answer.body == b"The proxy has no certificate of Consul's service mesh yet.\n"
        assert proxy.failed == []


async def test_a_new_certificate_is_for_the_connections_to_come(
    proxy: Proxy, mesh: Mesh, stranger: Authority, of_orders: ssl.SSLContext
) -> None:
    renewed = identity(stranger, member(stranger, "faas-nomad"))
    async with origin(tls=of_orders) as old:
        publish(proxy, old.port)
        assert (await ask(proxy)).status == 200

        mesh.take(renewed)
        assert (await ask(proxy)).status == 200
        assert old.connections == 1
    async with origin(tls=sidecar(member(stranger, ORDERS), stranger)) as new:
        publish(proxy, new.port)
        assert (await ask(proxy)).status == 200


async def test_a_probe_goes_through_the_mesh(
    mesh: Mesh,
    of_orders: ssl.SSLContext,
    refusing: int,
    impostors: dict[str, ssl.SSLContext],
) -> None:
    probe = Probe(in_mesh=mesh.open_streams)
    async with (
        origin(tls=of_orders) as replica,
        origin(tls=impostors["another service"]) as impostor,
    ):
        assert await answers("127.0.0.1", replica.port, probe, ORDERS)
        assert [one.start_line for one in replica.requests] == ["GET /_/health HTTP/1.1"]
        assert await answers("127.0.0.1", refusing, probe, ORDERS)
        assert not await answers("127.0.0.1", impostor.port, probe, ORDERS)
        assert not await answers("127.0.0.1", free_port(), probe, ORDERS)
        no_member = Probe(in_mesh=Mesh().open_streams)
        assert not await answers("127.0.0.1", replica.port, no_member, ORDERS)
