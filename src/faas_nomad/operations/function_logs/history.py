"""What replicas have written until now, read once."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from faas_nomad.clients.errors import BackendError, NotFoundError
from faas_nomad.clients.nomad_logs import OUTPUTS
from faas_nomad.model.nomad import Allocation, AllocID
from faas_nomad.operations.function_logs.bounds import LogBounds
from faas_nomad.operations.function_logs.messages import ReplicaMessages
from faas_nomad.operations.function_logs.output import LogSource
from faas_nomad.operations.function_logs.stream import missing_text
from faas_nomad.state.log_ring import LogLine
from faas_nomad.translate.log_lines import LineSplitter, without_partial_line

READS_AT_ONCE = 8
_ENDED = ("complete", "failed", "lost")


@dataclass(frozen=True)
class ReadReplica:
    """A replica as far as reading it goes; `ended_ns` is 0 while it lives."""

    id: AllocID
    created_ns: int
    ended_ns: int = 0


def replicas_to_read(allocations: Iterable[Allocation], max_ended: int) -> list[ReadReplica]:
    """Return all that live and the newest of those that have ended; pure."""
    found = [_replica(alloc) for alloc in allocations]
    ended = sorted((r for r in found if r.ended_ns), key=lambda r: r.created_ns, reverse=True)
    return [r for r in found if not r.ended_ns] + ended[:max_ended]


async def read_once(
    source: LogSource,
    bounds: LogBounds,
    replicas: list[ReadReplica],
    messages_of: Callable[[str, int], ReplicaMessages],
) -> list[LogLine]:
    """Return all messages of `replicas`, in no order; one says so where something is missing."""
    turns = asyncio.Semaphore(READS_AT_ONCE)
    newest_bytes = bounds.history_of(len(replicas) * len(OUTPUTS))

    async def read(replica: ReadReplica) -> list[LogLine]:
        messages = messages_of(replica.id, replica.created_ns)
        made: list[LogLine] = []
        for output in OUTPUTS:
            async with turns:
                try:
                    data = await source.read(replica.id, output, newest_bytes)
                except NotFoundError:
                    continue  # it never started, or its node has forgotten it
                except BackendError as err:
                    return [*made, messages.own(missing_text(str(err)))]
            made += messages.history(
                _lines(without_partial_line(data, newest_bytes), bounds.line_bytes),
                replica.ended_ns,
            )
        return made

    parts = await asyncio.gather(*(read(replica) for replica in replicas))
    return [line for part in parts for line in part]


def _lines(data: bytes, line_bytes: int) -> list[bytes]:
    splitter = LineSplitter(line_bytes)
    return [*splitter.take(data), *splitter.rest()]


def _replica(alloc: Allocation) -> ReadReplica:
    created_ns = int(alloc.get("CreateTime") or 0)
    ended_ns = _ended_ns(alloc) if alloc["ClientStatus"] in _ENDED else 0
    return ReadReplica(AllocID(alloc["ID"]), created_ns, ended_ns)


def _ended_ns(alloc: Allocation) -> int:
    """Return when the last task ended, or else when Nomad last changed the record."""
    states = (alloc.get("TaskStates") or {}).values()
    finished = [_unix_ns(str(state.get("FinishedAt") or "")) for state in states]
    return max(finished, default=0) or int(alloc.get("ModifyTime") or 0) or 1


def _unix_ns(text: str) -> int:
    try:
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return 0
    # A second more than the text says, which is cut off: no line is later than the end.
    return int(moment.astimezone(UTC).timestamp() + 1) * 1_000_000_000
