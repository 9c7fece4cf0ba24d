"""The followed logs of one function: all its replicas, in one ring, for all who follow it."""

import asyncio
import time
from collections.abc import Callable, Iterable

from faas_nomad.clients.nomad_logs import OUTPUTS, Output
from faas_nomad.model.nomad import AllocID
from faas_nomad.operations.function_logs.bounds import LogBounds, LogStats
from faas_nomad.operations.function_logs.messages import ReplicaMessages
from faas_nomad.operations.function_logs.output import FollowedOutput, LogSource
from faas_nomad.state.log_ring import LogLine, LogRing

FILL_WITHIN_S = 0.6
"""For the history of the first replicas, which is merged by time; Nomad sends every 0.2 s."""
WAKE_PAUSE_S = 0.02
WAKE_PAUSE_PER_READER_S = 0.0005
MAX_WAKE_PAUSE_S = 0.4
"""Readers are woken at most this seldom, so that many of them share what comes in between."""


class FunctionStream:
    """Follows until nobody reads or the function is gone; `begin` it, then read its ring."""

    def __init__(
        self,
        source: LogSource,
        bounds: LogBounds,
        stats: LogStats,
        messages_of: Callable[[str, int], ReplicaMessages],
    ) -> None:
        self.ring = LogRing(bounds.buffer_bytes)
        self.readers = 0
        self.is_over = False
        self.instances: set[str] = set()
        """All replicas, those that have ended too."""
        self._source = source
        self._bounds = bounds
        self._stats = stats
        self._messages_of = messages_of
        self._history_bytes = bounds.history_bytes
        self._outputs: dict[AllocID, dict[Output, FollowedOutput]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._missing: set[str] = set()
        self._gathered: list[LogLine] | None = []
        self._is_gone = False
        self._news = asyncio.Event()
        self._wake_handle: asyncio.TimerHandle | None = None
        self._woken_s = 0.0

    async def begin(self, history: list[LogLine], live: dict[AllocID, int]) -> None:
        """Follow the replicas `live` (with when they were made), behind `history`."""
        assert self._gathered is not None, "it begins once"
        self._gathered += history
        self._history_bytes = self._bounds.history_of(len(live) * len(OUTPUTS))
        for alloc_id, created_ns in live.items():
            self._add(alloc_id, created_ns)
        waits = [out.caught_up.wait() for outs in self._outputs.values() for out in outs.values()]
        if waits:
            waiting = [asyncio.ensure_future(wait) for wait in waits]
            _, late = await asyncio.wait(waiting, timeout=FILL_WITHIN_S)
            for wait in late:
                wait.cancel()
        gathered, self._gathered = self._gathered, None
        self.ring.append(sorted(gathered, key=lambda line: line.time_ns))

    def look(self, live: Iterable[AllocID], now_ns: int, *, is_gone: bool) -> None:
        """Take which replicas there are now; `is_gone`: there is no such function any more."""
        present = set(live)
        for alloc_id in present - self._outputs.keys():
            self._add(alloc_id, now_ns - 10_000_000_000)
        for alloc_id, outputs in self._outputs.items():
            for output in outputs.values():
                output.replica_changed(has_ended=alloc_id not in present)
        self._is_gone = is_gone
        self._settle()

    def say(self, line: LogLine) -> None:
        """Add a line of the provider's own."""
        self._publish([line])

    async def news_after(self, position: int) -> None:
        """Wait until there is more than `position`, or no more will come."""
        while position >= self.ring.end and not self.is_over:
            await self._news.wait()

    def close(self) -> None:
        """Stop at once."""
        self.is_over = True
        for task in self._tasks:
            task.cancel()
        self._wake()

    def _add(self, alloc_id: AllocID, created_ns: int) -> None:
        self.instances.add(alloc_id)
        self._outputs[alloc_id] = {}
        for output in OUTPUTS:
            listener = _Replica(self, self._messages_of(alloc_id, created_ns))
            followed = FollowedOutput(
                self._source,
                alloc_id,
                output,
                listener,
                history_bytes=self._history_bytes,
                line_bytes=self._bounds.line_bytes,
            )
            self._outputs[alloc_id][output] = followed
            task = asyncio.ensure_future(self._follow(alloc_id, output, followed))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _follow(self, alloc_id: AllocID, output: Output, followed: FollowedOutput) -> None:
        await followed.run()
        outputs = self._outputs[alloc_id]
        del outputs[output]
        if not outputs:
            del self._outputs[alloc_id]
        self._settle()

    def _settle(self) -> None:
        if self._is_gone and not self._outputs and not self.is_over:
            self.is_over = True
            self._wake()

    def _publish(self, lines: list[LogLine]) -> None:
        if self._gathered is not None:
            self._gathered += lines
            return
        self.ring.append(lines)
        if self._wake_handle is None:
            pause_s = min(MAX_WAKE_PAUSE_S, WAKE_PAUSE_S + self.readers * WAKE_PAUSE_PER_READER_S)
            wait_s = max(0.0, self._woken_s + pause_s - time.monotonic())
            self._wake_handle = asyncio.get_running_loop().call_later(wait_s, self._wake)

    def _wake(self) -> None:
        if self._wake_handle is not None:
            self._wake_handle.cancel()
            self._wake_handle = None
        self._woken_s = time.monotonic()
        news, self._news = self._news, asyncio.Event()
        news.set()


class _Replica:
    """Takes what is read of one replica's output."""

    def __init__(self, stream: FunctionStream, messages: ReplicaMessages) -> None:
        self._stream = stream
        self._messages = messages

    def took(self, lines: list[bytes], *, is_history: bool) -> None:
        made = self._messages.history(lines) if is_history else self._messages.live(lines)
        self._stream._stats.lines += len(made)
        self._stream._publish(made)

    def is_missing(self, reason: str) -> None:
        """Say it once for both outputs."""
        missing, instance = self._stream._missing, self._messages.instance
        if instance not in missing:
            missing.add(instance)
            self._stream._publish([self._messages.own(missing_text(reason))])

    def is_read_again(self) -> None:
        self._stream._missing.discard(self._messages.instance)


def missing_text(reason: str) -> str:
    """Return what is said in place of lines that cannot be read."""
    return f"lines of this replica are missing: {reason}"
