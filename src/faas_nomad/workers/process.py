"""One worker: a data path whose routes come from the control plane by a socket.

SIGTERM, or the control plane's end, lets requests under way finish and ends the process. SIGINT and
SIGHUP are left to the parent: a terminal sends them to both.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from contextlib import suppress

import uvloop

from faas_nomad.proxy.certificate import Certificate
from faas_nomad.proxy.mesh import Mesh
from faas_nomad.proxy.server import DataPath
from faas_nomad.proxy.spans import Spans
from faas_nomad.proxy.trust import Trust
from faas_nomad.proxy.tuning import tune_memory
from faas_nomad.state.endpoints import RouteChange, RouteTable
from faas_nomad.tracing import start_tracing
from faas_nomad.workers.checked import MessageError
from faas_nomad.workers.deltas import Reporter
from faas_nomad.workers.messages import (
    Failed,
    Leave,
    Listening,
    Look,
    Message,
    NewCertificate,
    NewIdentity,
    NewLimits,
    Refuse,
    Seen,
    Start,
    Synced,
)
from faas_nomad.workers.remote_waker import RemoteWaker
from faas_nomad.workers.wire import MAX_LINE_BYTES, decode, encode

REPORT_EVERY_S = 1.0
LAST_WORDS_S = 1.0
"""For the last report to be read."""
MAX_UNSENT_BYTES = 4 << 20
"""Towards a control plane that does not read: beyond it, reports wait and failures are dropped."""
EXIT_CUT_OFF = 3
"""Some requests outlasted the drain time."""


def main() -> None:
    """Work with the control plane at the file descriptor that the first argument names."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    sock = socket.socket(fileno=int(sys.argv[1]))
    # A worker has no log; what the exporter says shows in the metric of its spans.
    tracing = start_tracing(os.environ, logging.NullHandler())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        drained = runner.run(work(sock, tracing.spans))
    tracing.stop()
    sys.exit(0 if drained else EXIT_CUT_OFF)


async def work(sock: socket.socket, spans: Spans | None = None) -> bool:
    """Carry invocations until told to stop; return whether all of them ended in time."""
    reader, writer = await asyncio.open_unix_connection(sock=sock, limit=MAX_LINE_BYTES)
    first = await reader.readline()
    start = decode(first)
    if not isinstance(start, Start):
        raise MessageError(f"the first message is {type(start).__name__}")
    worker = Worker(start, reader, writer, spans)
    return await worker.run()


class Worker:
    """A data path and its two-way talk with the control plane."""

    def __init__(
        self,
        start: Start,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        spans: Spans | None,
    ) -> None:
        self._start = start
        self._reader = reader
        self._writer = writer
        self._table = RouteTable(is_known=False)
        self._waker = RemoteWaker(self._tell)
        trust = Trust(start.ca_file)
        trust.load()
        self._mesh = Mesh()
        self._path = DataPath(
            table=self._table,
            control_socket=start.control_socket,
            limits=start.limits,
            on_endpoint_failed=self._tell_failed,
            waker=self._waker if start.wakes else None,
            trust=trust,
            mesh=self._mesh,
            certificate=Certificate(start.certificate) if start.certificate else None,
            spans=spans,
        )
        self._reporter = Reporter(self._path.stats)
        self._listens = False

    async def run(self) -> bool:
        """See `work`."""
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        following, reporting = map(asyncio.ensure_future, (self._follow(), self._report()))
        stopped = asyncio.ensure_future(stop.wait())
        tasks = (following, reporting, stopped)
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        drained = await self._path.drain()
        self._path.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._say_last_words()
        for done in ended:
            done.result()
        return drained

    async def _follow(self) -> None:
        """Take what the control plane says, until it is gone."""
        while (line := await self._reader.readline()).endswith(b"\n"):
            message = decode(line)
            if isinstance(message, Synced):
                self._table.is_known = message.is_known
                await self._listen()
            else:
                self._take(message)

    def _take(self, message: Message) -> None:
        if isinstance(message, RouteChange):
            self._waker.route_changed(message)
            self._table.publish(message.spellings, message.route)
        elif isinstance(message, NewIdentity):
            self._mesh.take(message.identity)
        elif isinstance(message, NewLimits):
            self._path.set_limits(message.limits)
        elif isinstance(message, NewCertificate):
            with suppress(OSError):  # changed once more: it will be told again
                self._path.reload_certificate()
        elif isinstance(message, Leave):
            self._path.leave()
        elif isinstance(message, Refuse):
            self._waker.refused(message.function)
            self._path.refuse_waiting(message.function, message.reason)
        elif isinstance(message, Look):
            self._tell(Seen(message.number, self._path.stats.under_way(message.function)))
        else:
            raise MessageError(f"the control plane sent {type(message).__name__}")

    async def _listen(self) -> None:
        """Take callers, as all routes are known that there are."""
        if self._listens:
            return
        self._listens = True
        tune_memory()
        for address in self._start.addresses:
            await self._path.listen(address.host, address.port, address.name, reuse_port=True)
        self._writer.write(encode(Listening()))

    async def _report(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            self._send_reports()

    def _send_reports(self) -> None:
        if self._has_room():
            for report in self._reporter.reports():
                self._writer.write(encode(report))

    def _tell_failed(self, endpoint_id: str) -> None:
        self._tell(Failed(endpoint_id))

    def _tell(self, message: Message) -> bool:
        """Send it, or tell that it was dropped."""
        has_room = self._has_room()
        if has_room:
            self._writer.write(encode(message))
        return has_room

    def _has_room(self) -> bool:
        transport = self._writer.transport
        return not transport.is_closing() and transport.get_write_buffer_size() < MAX_UNSENT_BYTES

    async def _say_last_words(self) -> None:
        self._send_reports()
        self._writer.close()
        try:
            async with asyncio.timeout(LAST_WORDS_S):
                await self._writer.wait_closed()
        except (OSError, TimeoutError):
            self._writer.transport.abort()
