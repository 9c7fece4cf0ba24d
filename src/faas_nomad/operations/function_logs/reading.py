"""Who reads which function's logs: readers of one function share its stream.

A read that does not follow shares what another one is just reading. Whatever is shared is dropped
when its last reader leaves.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Protocol

from faas_nomad.model.nomad import Allocation
from faas_nomad.operations.errors import OperationError
from faas_nomad.operations.function_logs.bounds import LogBounds, LogStats, TooManyLogsError
from faas_nomad.operations.function_logs.history import (
    ReadReplica,
    read_once,
    replicas_to_read,
)
from faas_nomad.operations.function_logs.memory import give_back_memory
from faas_nomad.operations.function_logs.messages import ReplicaMessages
from faas_nomad.operations.function_logs.output import LogSource
from faas_nomad.operations.function_logs.sharing import SharedStreams
from faas_nomad.operations.function_logs.stream import FunctionStream
from faas_nomad.state.functions import Functions
from faas_nomad.state.log_ring import Batch, LogLine, selected
from faas_nomad.state.records import JobKey
from faas_nomad.translate.log_query import LogQuery

PIECE_BYTES = 65_536
GIVE_BACK_AFTER_S = 1.0
"""From the last reader's leaving: then all that was kept for it is free."""
MANY_READERS = 50
"""Fewer at the same time leave too little behind to look for it."""
NEW_REPLICA_NS = 10_000_000_000
"""How long a replica that is first met may have been there."""


class ListsAllocations(Protocol):
    """The part of `clients.nomad.NomadClient` that is used here."""

    def in_region(self, region: str) -> "ListsAllocations":
        """Return the same for another region; "" is the own one."""
        ...

    async def job_allocations(self, job_id: str, namespace: str) -> list[Allocation]:
        """Return all allocations of one job that Nomad still has, finished ones too."""
        ...


class NoSuchInstanceError(OperationError):
    """The function has no such replica, or Nomad has none of it any more."""

    def __init__(self, query: LogQuery) -> None:
        super().__init__(f"instance: {query.name} has no replica {query.instance}")


class FunctionLogs:
    """`reading` gives what a query asks for, piece by piece."""

    def __init__(
        self,
        nomad: ListsAllocations,
        source: LogSource,
        functions: Functions,
        bounds: LogBounds,
        clock_ns: Callable[[], int],
    ) -> None:
        self.stats = LogStats()
        self._nomad = nomad
        self._source = source
        self._functions = functions
        self._bounds = bounds
        self._clock_ns = clock_ns
        self._most_readers = 0
        """At the same time, since memory was given back."""
        self.trouble: Callable[[JobKey], str] = lambda _key: ""
        """Gives what stands against the function now, for those who begin to read."""
        self._followed = SharedStreams(only_while_opening=False)
        self._opening: dict[JobKey, FunctionStream] = {}
        """Followed ones that cannot be joined yet; what is said meanwhile is for them too."""
        self._read = SharedStreams(only_while_opening=True)
        functions.listeners.append(self._changed)

    @asynccontextmanager
    async def reading(self, key: JobKey, query: LogQuery) -> AsyncIterator[AsyncIterator[bytes]]:
        """Give the messages; nothing of them is kept when the block ends.

        Raises:
            TooManyLogsError: A bound is reached.
            NoSuchInstanceError: There is no such replica.
            BackendError: Nomad cannot be asked which replicas there were.
        """
        shared = self._followed if query.follow else self._read
        self._admit(shared, key)
        self.stats.readers += 1
        self._most_readers = max(self._most_readers, self.stats.readers)
        try:
            make = self._follow(key) if query.follow else self._read_all(key)
            async with shared.joined(key, make) as stream:
                if query.instance and not _has(stream.instances, query.instance):
                    raise NoSuchInstanceError(query)
                yield self._messages(key, stream, query)
        finally:
            self.stats.readers -= 1
            if not self.stats.readers and self._most_readers >= MANY_READERS:
                asyncio.get_running_loop().call_later(GIVE_BACK_AFTER_S, self._give_back)

    @property
    def functions_read(self) -> int:
        """Functions whose messages are held at the moment."""
        return self._followed.count + self._read.count

    def close(self) -> None:
        """End all streams in order: their readers get a whole answer."""
        for stream in self._followed.open_streams():
            stream.close()

    def say(self, key: JobKey, text: str, instance: str = "") -> None:
        """Add a line of the provider's own to what is followed of the function, if it is."""
        stream = self._followed.find(key) or self._opening.get(key)
        if stream is not None:
            stream.say(self._messages_of(key)(instance, 0).own(text))

    def _give_back(self) -> None:
        if not self.stats.readers:
            self._most_readers = 0
            give_back_memory()

    def _admit(self, shared: SharedStreams, key: JobKey) -> None:
        bounds, stats = self._bounds, self.stats
        refusal = ""
        if stats.readers >= bounds.max_readers:
            refusal = f"logs: {stats.readers} readers, as many as max_log_readers allows"
        elif not shared.is_joinable(key) and self.functions_read >= bounds.max_functions:
            many = self.functions_read
            refusal = (
                f"logs: those of {many} functions are read, as many as max_log_functions allows"
            )
        if refusal:
            stats.refused += 1
            raise TooManyLogsError(refusal)

    async def _follow(self, key: JobKey) -> FunctionStream:
        stream = self._opening[key] = self._new_stream(key)
        try:
            replicas = await self._replicas(key, stream)
            ended = [replica for replica in replicas if replica.ended_ns]
            source = self._source.in_region(key.region)
            history = await read_once(source, self._bounds, ended, self._messages_of(key))
            history += self._present_trouble(key)
            known = {replica.id: replica.created_ns for replica in replicas}
            newest_ns = self._clock_ns() - NEW_REPLICA_NS
            live = self._functions.picture.allocations(key)
            await stream.begin(history, {alloc: known.get(alloc, newest_ns) for alloc in live})
            self._look(key, stream)  # what has changed in the meantime
        except BaseException:
            stream.close()
            raise
        finally:
            if self._opening.get(key) is stream:
                del self._opening[key]
        return stream

    async def _read_all(self, key: JobKey) -> FunctionStream:
        stream = self._new_stream(key)
        replicas = await self._replicas(key, stream)
        source = self._source.in_region(key.region)
        lines = await read_once(source, self._bounds, replicas, self._messages_of(key))
        lines += self._present_trouble(key)
        self.stats.lines += len(lines)
        stream.ring.append(sorted(lines, key=lambda line: line.time_ns))
        return stream

    def _present_trouble(self, key: JobKey) -> list[LogLine]:
        text = self.trouble(key)
        return [self._messages_of(key)("", 0).own(text)] if text else []

    async def _replicas(self, key: JobKey, stream: FunctionStream) -> list[ReadReplica]:
        nomad = self._nomad.in_region(key.region)
        listed = await nomad.job_allocations(key.job_id, key.namespace)
        stream.instances.update(alloc["ID"] for alloc in listed)
        return replicas_to_read(listed, self._bounds.max_ended_replicas)

    def _new_stream(self, key: JobKey) -> FunctionStream:
        source = self._source.in_region(key.region)
        return FunctionStream(source, self._bounds, self.stats, self._messages_of(key))

    def _messages_of(self, key: JobKey) -> Callable[[str, int], ReplicaMessages]:
        names = self._functions.names
        name, namespace = names.service(key.job_id), names.openfaas_namespace(key.namespace)
        return lambda instance, created_ns: ReplicaMessages(
            name, namespace, instance, created_ns, self._clock_ns
        )

    def _changed(self, key: JobKey) -> None:
        stream = self._followed.find(key)
        if stream is not None and not stream.is_over:
            self._look(key, stream)

    def _look(self, key: JobKey, stream: FunctionStream) -> None:
        live = self._functions.picture.allocations(key)
        is_gone = self._functions.find(key) is None
        stream.look(live, self._clock_ns(), is_gone=is_gone)

    async def _messages(
        self, key: JobKey, stream: FunctionStream, query: LogQuery
    ) -> AsyncIterator[bytes]:
        ring = stream.ring
        position = ring.end
        earliest_ns = query.earliest_ns(self._clock_ns())
        for piece in _pieces(
            selected(
                ring.after(0), instance=query.instance, earliest_ns=earliest_ns, tail=query.tail
            )
        ):
            yield piece
            piece = b""  # it is not held until the next one comes
        while query.follow:
            await stream.news_after(position)
            if position < ring.begin:
                yield self._left_out(key, ring.begin - position).message
            batches = ring.after(position)
            position = ring.end
            if not batches:
                return
            while batches:
                yield _chosen(batches.pop(0), query)

    def _left_out(self, key: JobKey, count: int) -> LogLine:
        self.stats.lines_left_out += count
        text = f"{count} lines are left out: they came faster than this reader took them"
        return self._messages_of(key)("", 0).own(text)


def _has(instances: Iterable[str], instance: str) -> bool:
    return any(one.startswith(instance) for one in instances)


def _chosen(batch: Batch, query: LogQuery) -> bytes:
    since_ns = query.since_ns or 0
    if not query.instance and batch.lines[0].time_ns >= since_ns:
        return batch.joined
    lines = selected([batch], instance=query.instance, earliest_ns=since_ns, tail=None)
    return b"".join(line.message for line in lines)


def _pieces(lines: list[LogLine]) -> Iterator[bytes]:
    piece: list[bytes] = []
    size_bytes = 0
    for line in lines:
        piece.append(line.message)
        size_bytes += len(line.message)
        if size_bytes >= PIECE_BYTES:
            yield b"".join(piece)
            piece, size_bytes = [], 0
    if piece:
        yield b"".join(piece)
