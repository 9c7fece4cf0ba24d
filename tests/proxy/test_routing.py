import asyncio

import pytest

from proxy.conftest import Proxy, StartProxy
from proxy.message import request, response
from proxy.origin import origin
from proxy.wire import Wire
from support.ports import free_port
from support.waiting import until


async def ask(proxy: Proxy, data: bytes) -> Wire:
    caller = await proxy.connect()
    await caller.send(data)
    return caller


@pytest.mark.parametrize(
    ("target", "path"),
    [
        ("/function/f", "/"),
        ("/function/f/", "/"),
        ("/function/f?a=1&b", "/?a=1&b"),
        ("/function/f/a/b/?q=/x", "/a/b/?q=/x"),
        ("/function/f//a//b", "//a//b"),
        ("/function/f/a%2Fb%20c%3F?x=%26", "/a%2Fb%20c%3F?x=%26"),
        ("/function/f.openfaas-fn/x", "/x"),
        ("/function/f/../g", "/../g"),
        ("http://other.test/function/f/x?y", "/x?y"),
    ],
)
async def test_path_and_query_reach_the_function_as_they_came(
    proxy: Proxy, target: str, path: str
) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await ask(proxy, request(target))

        assert (await caller.read_message()).body == b"ok"
        assert replica.requests[0].start_line == f"GET {path} HTTP/1.1"


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_each_method_of_the_contract_is_passed_on(proxy: Proxy, method: str) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await ask(proxy, request(method=method))

        assert (await caller.read_message()).status == 200
        assert replica.requests[0].start_line == f"{method} / HTTP/1.1"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "BREW", "get"])
async def test_other_methods_are_refused(proxy: Proxy, method: str) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await ask(proxy, request(method=method))

        answer = await caller.read_message()
        assert answer.status == 405
        assert answer.value("Allow") == "GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD"
        assert replica.connections == 0


@pytest.mark.parametrize("target", ["/function/nobody", "/function/f.other", "/function/F/x"])
async def test_an_unknown_function_is_404_and_makes_no_series(proxy: Proxy, target: str) -> None:
    proxy.publish(1)
    caller = await ask(proxy, request(target))

    answer = await caller.read_message()
    assert answer.status == 404
    assert answer.value("X-OpenFaaS-Internal") == "proxy"
    assert list(proxy.stats.functions) == ["f.openfaas-fn"]


@pytest.mark.parametrize("target", ["/function/", "/function//x", "/function/?q"])
async def test_no_name_is_400(proxy: Proxy, target: str) -> None:
    caller = await ask(proxy, request(target))

    answer = await caller.read_message()
    assert answer.status == 400
    assert answer.value("X-OpenFaaS-Internal") == "proxy"


async def test_a_function_without_a_ready_replica_is_503(proxy: Proxy) -> None:
    proxy.publish(replicas=0)
    caller = await ask(proxy, request())

    answer = await caller.read_message()
    assert answer.status == 503
    assert answer.value("X-OpenFaaS-Internal") == "proxy"
    assert answer.body == b"No endpoints available for: f.openfaas-fn.\n"
    assert proxy.codes() == {503: 1}


async def test_the_connection_goes_on_after_an_answer_of_the_proxy(proxy: Proxy) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await ask(proxy, request("/function/nobody", method="POST", body=b"x" * 100_000))

        assert (await caller.read_message()).status == 404
        await caller.send(request())
        assert (await caller.read_message()).body == b"ok"


async def test_a_connection_is_not_worth_a_long_body_that_nobody_wants(
    start_proxy: StartProxy,
) -> None:
    proxy = await start_proxy(max_skipped_bytes=1000)
    data = request("/function/nobody", method="POST", body=b"x" * 100_000)
    caller = await ask(proxy, data[:200])
    assert (await caller.read_message()).status == 404
    await caller.send(data[200:])

    assert await caller.rest() == b""
    assert proxy.stats.limits == {"skipped": 1}


async def test_a_new_replica_is_used_and_a_gone_one_never_again(proxy: Proxy) -> None:
    async with origin() as old, origin() as new:
        proxy.publish(old.port)
        caller = await ask(proxy, request())
        await caller.read_message()

        proxy.publish(new.port)
        await caller.send(request())
        await caller.read_message()

        assert (len(old.requests), len(new.requests)) == (1, 1)
        await until(lambda: proxy.stats.upstream_connections == 1, "the idle connection closes")


async def test_an_exchange_in_flight_ends_on_a_replica_that_has_left(proxy: Proxy) -> None:
    go_on = asyncio.Event()

    async def slow(wire: Wire) -> None:
        await wire.read_message()
        await go_on.wait()
        await wire.send(response(b"late"))

    async with origin(slow) as replica:
        proxy.publish(replica.port)
        caller = await ask(proxy, request())
        await until(lambda: replica.connections, "the request is there")
        proxy.publish()
        go_on.set()

        assert (await caller.read_message()).body == b"late"
        await until(lambda: not proxy.stats.upstream_connections, "its connection closes")


async def test_a_removed_function_is_404_at_once(proxy: Proxy) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        proxy.table.publish(("f", "f.openfaas-fn"), None)
        caller = await ask(proxy, request())

        assert (await caller.read_message()).status == 404


async def test_everything_else_goes_to_the_control_plane_with_its_address(
    start_proxy: StartProxy, control_socket: str
) -> None:
    proxy = await start_proxy()
    provider_port = await proxy.path.listen("127.0.0.1", 0, "provider")
    seen: list[list[str]] = []

    async def control(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        wire = Wire(reader, writer)
        for _ in range(2):
            message = await wire.read_message()
            seen.append([message.start_line, *message.values("X-Faas-Nomad-Address")])
            assert message.value("X-Start-Time") is None
            await wire.send(response(message.body))
        writer.close()

    server = await asyncio.start_unix_server(control, control_socket)
    lie = "X-Faas-Nomad-Address: provider"
    caller = await ask(proxy, request("/system//functions?a", lie, method="PUT", body=b"{}"))
    assert (await caller.read_message()).body == b"{}"
    proxy.port = provider_port
    other = await ask(proxy, request("/function"))
    assert (await other.read_message()).status == 200
    server.close()

    assert seen == [
        ["PUT /system//functions?a HTTP/1.1", "gateway"],
        ["GET /function HTTP/1.1", "provider"],
    ]


async def test_a_control_plane_that_is_away_is_503(proxy: Proxy) -> None:
    caller = await ask(proxy, request("/healthz"))

    answer = await caller.read_message()
    assert answer.status == 503
    assert answer.body == b"The control plane does not answer.\n"
    assert proxy.failed == []


class Sleeper:
    """Says whether requests should wait, and notes who asked."""

    def __init__(self, *, waits: bool) -> None:
        self.waits = waits
        self.asked: list[str] = []

    def wake(self, function: str) -> bool:
        self.asked.append(function)
        return self.waits


async def test_a_request_may_wait_for_the_first_replica(start_proxy: StartProxy) -> None:
    sleeper = Sleeper(waits=True)
    proxy = await start_proxy(waker=sleeper)
    async with origin() as replica:
        proxy.publish(replicas=0)
        caller = await ask(proxy, request(method="POST", body=b"abc"))
        await until(lambda: sleeper.asked == ["f.openfaas-fn"], "the function is woken")
        proxy.publish(replica.port)

        assert (await caller.read_message()).body == b"ok"
        assert replica.requests[0].body == b"abc"


async def test_a_request_may_wait_for_a_replica_that_can_be_reached(
    start_proxy: StartProxy,
) -> None:
    proxy = await start_proxy(waker=Sleeper(waits=True))
    async with origin() as replica:
        proxy.publish(free_port())
        caller = await ask(proxy, request(method="POST", body=b"abc"))
        await until(lambda: proxy.failed, "the replica is reported")
        proxy.publish(replica.port)

        assert (await caller.read_message()).body == b"ok"


async def test_nobody_waits_for_a_function_that_is_removed(start_proxy: StartProxy) -> None:
    sleeper = Sleeper(waits=True)
    proxy = await start_proxy(waker=sleeper)
    proxy.publish(replicas=0)
    caller = await ask(proxy, request())
    await until(lambda: sleeper.asked, "the function is woken")
    proxy.table.publish(("f", "f.openfaas-fn"), None)

    assert (await caller.read_message()).status == 503
