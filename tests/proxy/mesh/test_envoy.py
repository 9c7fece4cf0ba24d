"""Envoy as the sidecar, as it behaved when it was run: 1.36.2 and 1.40.0 under Consul 1.20.6.

It refuses by intention only once it has a byte of the request: it closes, or answers 403 where the
service's protocol is `http`. While its function is not there it breaks handshakes off.
"""

import ssl
from contextlib import AsyncExitStack

import pytest

from faas_nomad.clients.probe import Probe, answers
from faas_nomad.proxy.mesh import Mesh
from proxy.conftest import Proxy
from proxy.mesh.calls import ORDERS, Waking, ask, publish
from proxy.message import request, response
from proxy.origin import origin
from proxy.wire import Wire
from support.certificates import Authority
from support.mesh import member, sidecar
from support.waiting import until

DENIED = b"HTTP/1.1 403 Forbidden\r\ncontent-length: 19\r\nserver: envoy\r\n\r\nRBAC: access denied"


async def hanging_up(wire: Wire) -> None:
    """Close at the first bytes, as an Envoy does that refuses by intention."""
    await wire.read(1)


def of_a_function_that_dies(authority: Authority, *, after: int) -> ssl.SSLContext:
    """Return what a sidecar listens with whose function is gone `after` so many connections.

    It then breaks handshakes off: a server of asyncio's fails them without an alert.
    """
    context = sidecar(member(authority, ORDERS), authority)
    left = [None] * after + [ssl.ALERT_DESCRIPTION_INTERNAL_ERROR] * 100
    context.sni_callback = lambda *_: left.pop(0)
    return context


@pytest.mark.parametrize(("method", "tries"), [("GET", 2), ("POST", 1)])
@pytest.mark.parametrize("replicas", [1, 3])
async def test_what_an_envoy_refuses_is_told_at_once_and_wakes_nothing(
    proxy: Proxy, waking: Waking, of_orders: ssl.SSLContext, method: str, tries: int, replicas: int
) -> None:
    async with AsyncExitStack() as stack:
        envoys = [
            await stack.enter_async_context(origin(hanging_up, tls=of_orders))
            for _ in range(replicas)
        ]
        publish(proxy, *(envoy.port for envoy in envoys))
        for _ in range(10):
            answer = await ask(proxy, method=method, body=b"x" if method == "POST" else None)
            assert (answer.status, answer.value("X-OpenFaaS-Internal")) == (502, "proxy")
            assert answer.body == (
                b"f.openfaas-fn closed without an answer. "
                b"Consul's service mesh may refuse us calls of it.\n"
            )
        assert sum(envoy.connections for envoy in envoys) == 10 * tries
    assert (proxy.failed, waking.asked) == ([], [])


async def test_what_an_envoy_allows_again_is_called(
    proxy: Proxy, of_orders: ssl.SSLContext
) -> None:
    async with origin(*[hanging_up] * 10, tls=of_orders) as replica:
        replica.scripts.append(replica.answering(response(b"ok")))
        publish(proxy, replica.port)
        for _ in range(5):
            assert (await ask(proxy)).status == 502

        assert (await ask(proxy, method="POST", body=b"x")).body == b"ok"


async def test_a_function_that_dies_before_it_answers_is_no_refusal(
    proxy: Proxy, authority: Authority, of_orders: ssl.SSLContext
) -> None:
    tls = of_a_function_that_dies(authority, after=1)
    async with origin(hanging_up, tls=tls) as dying, origin(tls=of_orders) as other:
        publish(proxy, dying.port)
        caller = await proxy.connect()
        await caller.send(request())
        await until(lambda: proxy.failed == ["f-0"], "the replica is reported")
        publish(proxy, other.port)

        assert (await caller.read_message()).body == b"ok"


async def test_a_probe_that_an_envoy_refuses_found_the_replica(
    mesh: Mesh, of_orders: ssl.SSLContext
) -> None:
    probe = Probe(in_mesh=mesh.open_streams)
    async with origin(hanging_up, tls=of_orders) as tcp, origin(tls=of_orders) as http:
        http.scripts = [http.answering(DENIED)]
        assert await answers("127.0.0.1", tcp.port, probe, ORDERS)
        assert await answers("127.0.0.1", http.port, probe, ORDERS)


async def test_a_probe_without_a_function_behind_the_sidecar_fails(
    mesh: Mesh, authority: Authority, of_orders: ssl.SSLContext
) -> None:
    probe = Probe(in_mesh=mesh.open_streams)
    tls = of_a_function_that_dies(authority, after=0)
    async with origin(tls=tls) as nobody, origin(tls=of_orders) as other:
        assert not await answers("127.0.0.1", nobody.port, probe, ORDERS)
        for status in ("403 Forbidden", "503 Service Unavailable"):
            other.scripts = [other.answering(response(b"no", status=status))]
            assert not await answers("127.0.0.1", other.port, probe, ORDERS)


async def test_outside_the_mesh_who_closes_without_an_answer_is_not_ready() -> None:
    async with origin(hanging_up) as replica:
        assert not await answers("127.0.0.1", replica.port, Probe())
