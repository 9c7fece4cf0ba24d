"""The hub against workers that misbehave; these are only sockets."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from faas_nomad.proxy.limits import ProxyLimits
from faas_nomad.state.endpoints import Route, RouteChange, RouteTable
from faas_nomad.workers.hub import Hub
from faas_nomad.workers.link import MAX_UNSENT_BYTES
from faas_nomad.workers.messages import Failed, Leave, Message, NewLimits, Start, Synced
from faas_nomad.workers.reports import Report
from faas_nomad.workers.wire import MAX_LINE_BYTES, decode, encode

START = Start("/control.sock", ProxyLimits(), ())


class FakeWorker:
    """The worker's end of the socket."""

    def __init__(self, sock: socket.socket, serving: "asyncio.Future[str]") -> None:
        self.sock = sock
        self.serving = serving

    async def send(self, data: bytes) -> None:
        await asyncio.wait_for(asyncio.get_running_loop().sock_sendall(self.sock, data), 10)

    async def read(self) -> Message:
        """Return the next message."""
        line = b""
        while not line.endswith(b"\n"):
            loop = asyncio.get_running_loop()
            line += await asyncio.wait_for(loop.sock_recv(self.sock, 1), 5)
        return decode(line)

    async def fault(self) -> str:
        """Return why the hub gave the worker up."""
        return await asyncio.wait_for(self.serving, 10)


@asynccontextmanager
async def fed(hub: Hub) -> AsyncIterator[FakeWorker]:
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    serving = asyncio.ensure_future(hub.serve(ours, START))
    with closing(theirs):
        yield FakeWorker(theirs, serving)
    await asyncio.wait_for(asyncio.gather(serving, return_exceptions=True), 5)


def make_hub(table: RouteTable, failed: list[str] | None = None) -> Hub:
    failed = [] if failed is None else failed
    return Hub(table, failed.append, lambda: 0.0)


async def test_a_worker_gets_all_routes_then_every_change() -> None:
    table = RouteTable()
    route, newer = Route("f.openfaas-fn", (), 0), Route("f.openfaas-fn", (), 1)
    table.publish(("f", "f.openfaas-fn"), route)
    async with fed(make_hub(table)) as worker:
        assert await worker.read() == START
        assert await worker.read() == RouteChange(("f", "f.openfaas-fn"), route)
        assert await worker.read() == Synced(True)

        table.publish(("f",), newer)
        table.publish(("f.openfaas-fn",), None)
        assert await worker.read() == RouteChange(("f",), newer)
        assert await worker.read() == RouteChange(("f.openfaas-fn",), None)


async def test_what_was_told_to_all_holds_for_a_worker_that_is_being_started() -> None:
    hub = make_hub(RouteTable())
    async with fed(hub) as worker:
        hub.set_limits(ProxyLimits(max_tries=1))  # before the worker is reached
        hub.leave()

        told = [await worker.read() for _ in range(4)]
        assert told == [START, NewLimits(ProxyLimits(max_tries=1)), Leave(), Synced(True)]


async def test_names_are_known_only_after_the_routes_that_made_them_so() -> None:
    table = RouteTable(is_known=False)
    async with fed(make_hub(table)) as worker:
        assert await worker.read() == START
        assert await worker.read() == Synced(False)

        table.is_known = True
        table.publish(("f",), Route("f.openfaas-fn", (), 0))
        assert isinstance(await worker.read(), RouteChange)
        assert await worker.read() == Synced(True)


async def test_what_is_no_message_ends_the_worker() -> None:
    hub = make_hub(RouteTable())
    for bad in (b"hello\n", encode(Synced(True)), encode(Report(counts=(("clients", 1),)))):
        async with fed(hub) as worker:
            await worker.send(bad)
            assert await worker.fault()


async def test_a_line_without_an_end_ends_the_worker() -> None:
    async with fed(make_hub(RouteTable())) as worker:
        sending = asyncio.ensure_future(worker.send(b"x" * (2 * MAX_LINE_BYTES + 2)))
        assert await worker.fault()
        await asyncio.gather(sending, return_exceptions=True)


async def test_a_worker_that_does_not_read_is_given_up_and_others_are_not() -> None:
    table = RouteTable()
    hub = make_hub(table)
    async with fed(hub) as deaf:
        assert await deaf.read() == START
        spelling = "x" * (1 << 20)
        for _ in range(MAX_UNSENT_BYTES // len(spelling) + 2):
            table.publish((spelling,), None)
            await asyncio.sleep(0)

        assert await deaf.fault() == "it does not read"
        async with fed(hub) as other:
            assert await other.read() == START


async def test_a_message_cut_off_by_a_death_is_no_fault_and_is_not_counted() -> None:
    failed: list[str] = []
    async with fed(make_hub(RouteTable(), failed)) as worker:
        await worker.send(encode(Failed("whole")) + encode(Failed("cut"))[:-3])
        worker.sock.close()

        assert await worker.fault() == ""
        assert failed == ["whole"]
