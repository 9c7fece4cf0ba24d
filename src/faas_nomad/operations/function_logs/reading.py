"""Who reads which function's logs: readers of one function share its stream.

A read that does not follow shares what another one is just reading. Whatever is shared is dropped
when its last reader leaves.
"""

from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from functools import partial

from faas_nomad.operations.errors import OperationError
from faas_nomad.operations.function_logs.admission import Admission
from faas_nomad.operations.function_logs.bounds import LogBounds, LogStats
from faas_nomad.operations.function_logs.delivery import delivered
from faas_nomad.operations.function_logs.opening import ListsAllocations, Opening
from faas_nomad.operations.function_logs.output import LogSource
from faas_nomad.operations.function_logs.sharing import SharedStreams
from faas_nomad.state.functions import Functions
from faas_nomad.state.log_ring import LogLine
from faas_nomad.state.records import JobKey
from faas_nomad.translate.log_query import LogQuery


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
        self.opening = Opening(nomad, source, functions, bounds, self.stats, clock_ns)
        self._clock_ns = clock_ns
        self._admission = Admission(bounds, self.stats)
        self._followed = SharedStreams(only_while_opening=False)
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
        with self._admission.admitted(self.functions_read, is_joining=shared.is_joinable(key)):
            make = self.opening.follow(key) if query.follow else self.opening.read_all(key)
            async with shared.joined(key, make) as stream:
                if query.instance and not _has(stream.instances, query.instance):
                    raise NoSuchInstanceError(query)
                yield delivered(stream, query, self._clock_ns(), partial(self._missed, key))

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
        stream = self._followed.find(key) or self.opening.under_way(key)
        if stream is not None:
            stream.say(self.opening.own_line(key, text, instance))

    def _changed(self, key: JobKey) -> None:
        stream = self._followed.find(key)
        if stream is not None and not stream.is_over:
            self.opening.look(key, stream)

    def _missed(self, key: JobKey, count: int) -> LogLine:
        self.stats.lines_left_out += count
        text = f"{count} lines are left out: they came faster than this reader took them"
        return self.opening.own_line(key, text)


def _has(instances: Iterable[str], instance: str) -> bool:
    return any(one.startswith(instance) for one in instances)
