"""What an invocation tells of itself where spans are made, and what its function is told."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from proxy.conftest import Proxy, StartProxy
from proxy.message import request, response
from proxy.origin import origin
from proxy.wire import Wire
from support.ports import free_port
from support.waiting import until

THEIRS, OURS = "00-trace-caller-01", "00-trace-ours-01"
Ended = tuple[int, int, str]


@dataclass
class Recorder:
    """Spans whose ends are kept; `is_on` tells whether calls are sampled."""

    is_on: bool = True
    counts: Counter[str] = field(default_factory=Counter)
    begun: list[tuple[str, bytes, bytes, bytes]] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)

    def begin(
        self, function: str, method: bytes, traceparent: bytes, tracestate: bytes
    ) -> "Recorded | None":
        self.begun.append((function, method, traceparent, tracestate))
        return Recorded(self.ended, is_root=not traceparent) if self.is_on else None


@dataclass
class Recorded:
    ended: list[Ended]
    is_root: bool
    traceparent: bytes = OURS.encode()

    def end(self, status: int, tries: int, call_id: str) -> None:
        self.ended.append((status, tries, call_id))


@pytest.fixture
def spans() -> Recorder:
    return Recorder()


@pytest.fixture
async def proxy(start_proxy: StartProxy, spans: Recorder) -> Proxy:
    return await start_proxy(spans=spans)


async def test_a_function_is_called_by_the_invocations_own_span(
    proxy: Proxy, spans: Recorder
) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(2):
            sent = (f"traceparent: {THEIRS}", "tracestate: a=1", "X-Call-Id: mine", "A: b")
            await caller.send(request("/function/f/x", *sent, method="POST", body=b"body"))
            answer = await caller.read_message()
            assert answer.status == 200
            assert answer.value("X-Call-Id") == "mine"

    begun = ("f.openfaas-fn", b"POST", THEIRS.encode(), b"a=1")
    assert spans.begun == [begun, begun]
    for got in replica.requests:
        assert got.values("traceparent") == [OURS]
        assert got.value("tracestate") == "a=1"
        assert (got.value("A"), got.body) == ("b", b"body")
    assert spans.ended == [(200, 1, "mine"), (200, 1, "mine")]


async def test_a_call_that_is_not_sampled_goes_through_as_it_came(
    proxy: Proxy, spans: Recorder
) -> None:
    spans.is_on = False
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request("/function/f", f"traceparent: {THEIRS}"))
        assert (await caller.read_message()).status == 200
        await caller.send(request("/function/f"))
        assert (await caller.read_message()).status == 200

    assert [got.values("traceparent") for got in replica.requests] == [[THEIRS], []]
    assert not spans.ended


async def test_a_call_without_a_parent_begins_a_trace_with_the_call_id(
    proxy: Proxy, spans: Recorder
) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request("/function/f", "tracestate: a=1", "Connection: close"))
        answer = await caller.read_message()

    [got] = replica.requests
    assert got.values("traceparent") == [OURS]
    assert got.value("tracestate") is None
    assert spans.ended == [(200, 1, answer.value("X-Call-Id"))]


async def test_tries_on_other_replicas_are_counted(proxy: Proxy, spans: Recorder) -> None:
    async with origin() as replica:
        caller = await proxy.connect()
        for _ in range(40):  # until the dead one of the two was chosen first
            proxy.publish()
            proxy.publish(free_port(), replica.port)
            await caller.send(request(method="POST", body=b"x"))
            assert (await caller.read_message()).status == 200

    assert {ended[:2] for ended in spans.ended} == {(200, 1), (200, 2)}


async def test_a_call_that_finds_no_replica_has_a_span(proxy: Proxy, spans: Recorder) -> None:
    proxy.publish()
    caller = await proxy.connect()
    await caller.send(request())

    assert (await caller.read_message()).status == 503
    assert [ended[:2] for ended in spans.ended] == [(503, 1)]


async def test_a_caller_that_leaves_ends_the_span(proxy: Proxy, spans: Recorder) -> None:
    async def silent(wire: Wire) -> None:
        await wire.rest()

    async with origin(silent) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())
        await until(lambda: replica.connections, "the replica is asked")
        caller.reset()

        await until(lambda: spans.ended, "the span has ended")
    assert [ended[:2] for ended in spans.ended] == [(499, 1)]


async def test_a_tunnel_ends_the_span_when_it_opens(proxy: Proxy, spans: Recorder) -> None:
    async def switch(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        await wire.send(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
        )
        await wire.rest()

    async with origin(switch) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request("/function/f", "Connection: Upgrade", "Upgrade: echo"))
        assert (await caller.read_message(without_body=True)).status == 101
        assert [ended[:2] for ended in spans.ended] == [(101, 1)]
        caller.close()
        await until(lambda: not proxy.stats.tunnels, "the tunnel is closed")
    assert len(spans.ended) == 1


async def test_a_request_that_is_refused_begins_none_that_ends(
    start_proxy: StartProxy, spans: Recorder
) -> None:
    proxy = await start_proxy(spans=spans, max_body_bytes=3)
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request(method="POST", body=b"long"))
        assert (await caller.read_message()).status == 413
    assert not spans.ended


async def test_calls_to_the_control_plane_are_not_the_data_paths_spans(
    proxy: Proxy, spans: Recorder
) -> None:
    caller = await proxy.connect()
    await caller.send(request("/system/info"))
    assert (await caller.read_message()).status == 503
    assert not spans.begun


async def test_without_spans_nothing_is_looked_at(start_proxy: StartProxy) -> None:
    proxy = await start_proxy()
    async with origin(lambda wire: plain(wire)) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request("/function/f", f"traceparent: {THEIRS}"))
        assert (await caller.read_message()).body == THEIRS.encode()


async def plain(wire: Wire) -> None:
    """Answer with the traceparent."""
    asked = await wire.read_message()
    await wire.send(response((asked.value("traceparent") or "").encode()))
