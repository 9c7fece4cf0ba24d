"""Opens a function's stream: which replicas there are, what they have written, what is to come."""

from collections.abc import Callable
from typing import Protocol

from faas_nomad.model.nomad import Allocation
from faas_nomad.operations.function_logs.bounds import LogBounds, LogStats
from faas_nomad.operations.function_logs.history import (
    ReadReplica,
    read_once,
    replicas_to_read,
)
from faas_nomad.operations.function_logs.messages import ReplicaMessages
from faas_nomad.operations.function_logs.output import LogSource
from faas_nomad.operations.function_logs.stream import FunctionStream
from faas_nomad.state.functions import Functions
from faas_nomad.state.log_ring import LogLine
from faas_nomad.state.records import JobKey

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


class Opening:
    """Makes streams, to be followed or read once, and knows which are just being made."""

    def __init__(
        self,
        nomad: ListsAllocations,
        source: LogSource,
        functions: Functions,
        bounds: LogBounds,
        stats: LogStats,
        clock_ns: Callable[[], int],
    ) -> None:
        self._nomad = nomad
        self._source = source
        self._functions = functions
        self._bounds = bounds
        self._stats = stats
        self._clock_ns = clock_ns
        self.trouble: Callable[[JobKey], str] = lambda _key: ""
        """Gives what stands against the function now, for those who begin to read."""
        self._under_way: dict[JobKey, FunctionStream] = {}

    def under_way(self, key: JobKey) -> FunctionStream | None:
        """Return a stream that cannot be joined yet: what is said meanwhile is for it too."""
        return self._under_way.get(key)

    async def follow(self, key: JobKey) -> FunctionStream:
        """Return a stream of what was written and of what will be.

        Raises:
            BackendError: Nomad cannot be asked which replicas there were.
        """
        stream = self._under_way[key] = self._new_stream(key)
        try:
            await self._begin(key, stream)
        except BaseException:
            stream.close()
            raise
        finally:
            if self._under_way.get(key) is stream:
                del self._under_way[key]
        return stream

    async def read_all(self, key: JobKey) -> FunctionStream:
        """Return a stream of what was written until now.

        Raises:
            BackendError: Nomad cannot be asked which replicas there were.
        """
        stream = self._new_stream(key)
        lines = await self._written(key, await self._replicas(key, stream))
        self._stats.lines += len(lines)
        stream.ring.append(sorted(lines, key=lambda line: line.time_ns))
        return stream

    def look(self, key: JobKey, stream: FunctionStream) -> None:
        """Let a followed stream take which replicas there are now."""
        live = self._functions.picture.allocations(key)
        is_gone = self._functions.find(key) is None
        stream.look(live, self._clock_ns(), is_gone=is_gone)

    def own_line(self, key: JobKey, text: str, instance: str = "") -> LogLine:
        """Return a line of the provider's own among the function's."""
        return self._messages_of(key)(instance, 0).own(text)

    async def _begin(self, key: JobKey, stream: FunctionStream) -> None:
        replicas = await self._replicas(key, stream)
        history = await self._written(key, [replica for replica in replicas if replica.ended_ns])
        known = {replica.id: replica.created_ns for replica in replicas}
        newest_ns = self._clock_ns() - NEW_REPLICA_NS
        live = self._functions.picture.allocations(key)
        await stream.begin(history, {alloc: known.get(alloc, newest_ns) for alloc in live})
        self.look(key, stream)  # what has changed in the meantime

    async def _replicas(self, key: JobKey, stream: FunctionStream) -> list[ReadReplica]:
        nomad = self._nomad.in_region(key.region)
        listed = await nomad.job_allocations(key.job_id, key.namespace)
        stream.instances.update(alloc["ID"] for alloc in listed)
        return replicas_to_read(listed, self._bounds.max_ended_replicas)

    async def _written(self, key: JobKey, replicas: list[ReadReplica]) -> list[LogLine]:
        """Return what `replicas` wrote, and what stands against the function now."""
        source = self._source.in_region(key.region)
        lines = await read_once(source, self._bounds, replicas, self._messages_of(key))
        trouble = self.trouble(key)
        return [*lines, self.own_line(key, trouble)] if trouble else lines

    def _new_stream(self, key: JobKey) -> FunctionStream:
        source = self._source.in_region(key.region)
        return FunctionStream(source, self._bounds, self._stats, self._messages_of(key))

    def _messages_of(self, key: JobKey) -> Callable[[str, int], ReplicaMessages]:
        names = self._functions.names
        name, namespace = names.service(key.job_id), names.openfaas_namespace(key.namespace)
        return lambda instance, created_ns: ReplicaMessages(
            name, namespace, instance, created_ns, self._clock_ns
        )
