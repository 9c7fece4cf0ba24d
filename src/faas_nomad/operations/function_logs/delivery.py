"""What one reader gets of a function's stream, piece by piece, and what it was too slow for."""

from collections.abc import AsyncIterator, Callable, Iterator

from faas_nomad.operations.function_logs.stream import FunctionStream
from faas_nomad.state.log_ring import Batch, LogLine, selected
from faas_nomad.translate.log_query import LogQuery

PIECE_BYTES = 65_536


async def delivered(
    stream: FunctionStream, query: LogQuery, now_ns: int, missed: Callable[[int], LogLine]
) -> AsyncIterator[bytes]:
    """Yield what `query` asks for: what there is now, then what comes while it follows.

    Args:
        missed: Makes the line that says how many lines a reader was too slow for.
    """
    ring = stream.ring
    position = ring.end
    for piece in _pieces(_present(stream, query, now_ns)):
        yield piece
        piece = b""  # it is not held until the next one comes
    while query.follow:
        await stream.news_after(position)
        left_out, position = ring.begin - position, max(position, ring.begin)
        if left_out > 0:
            yield missed(left_out).message
            continue  # what went meanwhile was missed too
        batches = ring.after(position, PIECE_BYTES)
        if not batches:
            return
        position = batches[-1].end
        while batches:
            yield _chosen(batches.pop(0), query)


def _present(stream: FunctionStream, query: LogQuery, now_ns: int) -> list[LogLine]:
    earliest_ns = query.earliest_ns(now_ns)
    batches = stream.ring.after(0)
    return selected(batches, instance=query.instance, earliest_ns=earliest_ns, tail=query.tail)


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
