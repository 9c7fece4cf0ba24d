"""Functions that speak TLS: whom the data path believes, and that all else is as without."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from faas_nomad.clients.probe import Probe, answers
from faas_nomad.proxy.trust import Trust
from faas_nomad.state.endpoints import RoutePolicy, UpstreamTls
from proxy.conftest import LIMITS, Proxy, running_proxy
from proxy.message import OFFER, SWITCH, Message, request, response
from proxy.origin import origin
from proxy.wire import UNREAD_BYTES, Wire
from support.certificates import Authority, Certificate, make_authority
from support.waiting import until

VERIFY = RoutePolicy(tls=UpstreamTls())
BELIEVE = RoutePolicy(tls=UpstreamTls(verify=False))


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def by_address(authority: Authority) -> ssl.SSLContext:
    return server_context(authority.issue("replica"))


@pytest.fixture(scope="module")
def doubtful(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Certificate]:
    stranger = make_authority(tmp_path_factory.mktemp("stranger"))
    return {
        "another name": authority.issue("orders", names="DNS:orders.internal"),
        "expired": authority.issue("late", ends=timedelta(days=-1)),
        "unknown authority": stranger.issue("replica"),
    }


@pytest.fixture
async def proxy(authority: Authority, control_socket: str) -> AsyncIterator[Proxy]:
    """Return a data path that believes the tests' authority."""
    trust = Trust(str(authority.ca_file))
    trust.load()
    async with running_proxy(control_socket, LIMITS, trust=trust) as running:
        yield running


def server_context(certificate: Certificate) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.cert_file, certificate.key_file)
    return context


async def ask(proxy: Proxy, *, method: str = "GET", body: bytes | None = None) -> Message:
    caller = await proxy.connect()
    sending = asyncio.ensure_future(caller.send(request(method=method, body=body)))
    answer = await caller.read_message()
    await sending
    return answer


async def test_a_verified_function_is_called_on_kept_connections(
    proxy: Proxy, by_address: ssl.SSLContext
) -> None:
    async with origin(tls=by_address) as replica:
        proxy.publish(replica.port, policy=VERIFY)
        for _ in range(5):
            assert (await ask(proxy)).body == b"ok"
        assert replica.connections == 1


async def test_bodies_go_both_ways(proxy: Proxy, by_address: ssl.SSLContext) -> None:
    body = bytes(range(256)) * 8192
    async with origin(tls=by_address) as replica:
        replica.scripts = [replica.answering(response(body))]
        proxy.publish(replica.port, policy=VERIFY)

        assert (await ask(proxy, method="POST", body=body)).body == body
        assert replica.requests[0].body == body


async def test_the_name_in_the_certificate_is_the_one_that_was_given(
    proxy: Proxy, doubtful: dict[str, Certificate]
) -> None:
    asked: list[str | None] = []
    context = server_context(doubtful["another name"])
    context.sni_callback = lambda _sock, name, _context: asked.append(name)
    async with origin(tls=context) as replica:
        named = RoutePolicy(tls=UpstreamTls(server_name="orders.internal"))
        proxy.publish(replica.port, policy=named)

        assert (await ask(proxy)).body == b"ok"
        assert asked == ["orders.internal"]


@pytest.mark.parametrize("why", ["another name", "expired", "unknown authority"])
async def test_whom_it_does_not_believe_gets_nothing(
    proxy: Proxy, doubtful: dict[str, Certificate], why: str
) -> None:
    async with origin(tls=server_context(doubtful[why])) as replica:
        proxy.publish(replica.port, policy=VERIFY)

        answer = await ask(proxy, method="POST", body=b"secret")
        assert (answer.status, answer.value("X-OpenFaaS-Internal")) == (502, "proxy")
        assert replica.requests == []
        assert proxy.stats.upstream_errors == {"tls": 1}


async def test_who_is_not_to_be_checked_is_believed(
    proxy: Proxy, doubtful: dict[str, Certificate]
) -> None:
    async with origin(tls=server_context(doubtful["unknown authority"])) as replica:
        proxy.publish(replica.port, policy=BELIEVE)

        assert (await ask(proxy)).body == b"ok"


async def test_the_systems_authorities_do_not_know_the_tests_one(
    control_socket: str, by_address: ssl.SSLContext
) -> None:
    async with (
        running_proxy(control_socket, LIMITS) as proxy,
        origin(tls=by_address) as replica,
    ):
        proxy.publish(replica.port, policy=VERIFY)

        assert (await ask(proxy)).status == 502


async def test_a_handshake_takes_no_longer_than_a_connection_may(
    authority: Authority, control_socket: str
) -> None:
    async def silent(wire: Wire) -> None:
        await wire.rest()

    async with (
        running_proxy(control_socket, LIMITS, trust=Trust(str(authority.ca_file))) as proxy,
        origin(silent) as replica,
    ):
        proxy.publish(replica.port, policy=VERIFY)

        assert (await ask(proxy)).status == 502
        assert proxy.stats.limits == {"connect_time": 1}


async def test_a_function_without_tls_is_not_asked_by_tls(
    proxy: Proxy, by_address: ssl.SSLContext
) -> None:
    async with origin(tls=by_address) as replica:
        proxy.publish(replica.port)

        assert (await ask(proxy)).status == 502


HALVES = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
]


@pytest.mark.parametrize("answer", HALVES)
async def test_half_an_answer_is_seen_to_be_half(
    proxy: Proxy, by_address: ssl.SSLContext, answer: bytes
) -> None:
    async def dying(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(answer)

    async with origin(dying, tls=by_address) as replica:
        proxy.publish(replica.port, policy=VERIFY)
        caller = await proxy.connect()
        await caller.send(request())
        await caller.read_until(b"half")

        assert await caller.is_cut()


async def test_a_tunnel_goes_through_and_ends_with_the_function(
    proxy: Proxy, by_address: ssl.SSLContext
) -> None:
    async def echo(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        await wire.send(SWITCH)
        await wire.send(await wire.read(100_000))

    async with origin(echo, tls=by_address) as replica:
        proxy.publish(replica.port, policy=VERIFY)
        caller = await proxy.connect()
        await caller.send(OFFER)
        await caller.read_until(b"\r\n\r\n")
        await caller.send(b"x" * 100_000)

        assert await caller.rest() == b"x" * 100_000
        caller.close()
        await until(lambda: not proxy.stats.tunnels, "the tunnel is closed")


async def test_a_caller_that_leaves_a_tunnel_ends_it(
    proxy: Proxy, by_address: ssl.SSLContext
) -> None:
    left = asyncio.Event()

    async def listening(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        await wire.send(SWITCH)
        assert await wire.rest() == b"last words"
        left.set()

    async with origin(listening, tls=by_address) as replica:
        proxy.publish(replica.port, policy=VERIFY)
        caller = await proxy.connect()
        await caller.send(OFFER)
        await caller.read_until(b"\r\n\r\n")
        await caller.send(b"last words")
        caller.close()

        await until(left.is_set, "the function is told")
        await until(lambda: not proxy.stats.tunnels, "the tunnel is closed")


async def test_a_slow_reader_stops_the_function(proxy: Proxy, by_address: ssl.SSLContext) -> None:
    sent = 0

    async def generous(wire: Wire) -> None:
        nonlocal sent
        await wire.read_message()
        await wire.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % UNREAD_BYTES)
        for _ in range(UNREAD_BYTES >> 16):
            await wire.send(b"x" * (1 << 16))
            sent += 1 << 16

    async with origin(generous, tls=by_address) as replica:
        proxy.publish(replica.port, policy=VERIFY)
        caller = await proxy.connect(receive_buffer=1 << 16)
        await caller.send(request())
        await caller.read_until(b"\r\n\r\n")
        before = -1
        while before != sent:
            before = sent
            await asyncio.sleep(0.1)
        assert sent < UNREAD_BYTES * 3 // 4

        assert len(await caller.read(UNREAD_BYTES)) == UNREAD_BYTES


async def test_a_probe_believes_whom_the_data_path_does(
    authority: Authority, by_address: ssl.SSLContext
) -> None:
    own, system = Trust(str(authority.ca_file)), Trust()
    async with origin(tls=by_address) as replica:
        for path in ("/ready", ""):
            verified = Probe(path, tls=own.context(UpstreamTls()))
            assert await answers("127.0.0.1", replica.port, verified)
            unknown = Probe(path, tls=system.context(UpstreamTls()))
            assert not await answers("127.0.0.1", replica.port, unknown)
            believed = Probe(path, tls=system.context(UpstreamTls(verify=False)))
            assert await answers("127.0.0.1", replica.port, believed)
            other_name = Probe(path, tls=own.context(UpstreamTls()), server_name="other.test")
            assert not await answers("127.0.0.1", replica.port, other_name)


def test_a_file_of_authorities_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Trust(str(tmp_path / "none.pem")).load()
    (tmp_path / "bad.pem").write_text("no certificate")
    with pytest.raises(ssl.SSLError):
        Trust(str(tmp_path / "bad.pem")).load()
