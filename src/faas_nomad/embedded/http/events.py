"""`/v1/event/stream`: one JSON object a line, `{}` at once and every 30 s."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from faas_nomad.embedded.alloc_views import alloc_in_event
from faas_nomad.embedded.constraints import NodeFacts
from faas_nomad.embedded.engine import Engine
from faas_nomad.embedded.errors import ApiError
from faas_nomad.embedded.event_buffer import Topics, select
from faas_nomad.embedded.http.replies import namespace_of
from faas_nomad.embedded.records import Event
from faas_nomad.embedded.views import deployment_view, evaluation_view

HEARTBEAT_S = 30.0
_HEARTBEAT = b"{}\n"


class Events:
    """The event stream of one engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route("/v1/event/stream", self.stream, methods=["GET"])]

    async def stream(self, request: Request) -> Response:
        """Answer the events of the topics asked for, from the index asked for on."""
        topics = _topics(request.query_params.getlist("topic"))
        text = request.query_params.get("index") or "0"
        if not text.isascii() or not text.isdigit():
            raise ApiError(400, f"Unable to parse index: {text}")
        lines = self._lines(topics, namespace_of(request), int(text))
        return StreamingResponse(lines, media_type="application/json")

    async def _lines(self, topics: Topics, namespace: str, index: int) -> AsyncIterator[bytes]:
        buffer = self._engine.cluster.store.events
        position = buffer.position_of(index)
        yield _HEARTBEAT
        while not self._engine.closing.is_set():
            batches = buffer.read_from(position)
            if batches is None:
                yield b'{"Error":"subscription closed by server, client should resubscribe"}\n'
                return
            position += len(batches)
            for batch_index, events in batches:
                wanted = select(events, topics, namespace)
                if wanted:
                    yield _line(batch_index, wanted, self._engine.cluster.node)
            if position == buffer.end and not await self._next_write():
                yield _HEARTBEAT

    async def _next_write(self) -> bool:
        """Wait for the next write; False when the time for a heartbeat came first."""
        try:
            async with asyncio.timeout(HEARTBEAT_S):
                await self._engine.wait_for_change()
        except TimeoutError:
            return False
        return True


def _line(index: int, events: list[Event], node: NodeFacts) -> bytes:
    told = [_told(event, node) for event in events]
    return json.dumps({"Index": index, "Events": told}, separators=(",", ":")).encode() + b"\n"


def _told(event: Event, node: NodeFacts) -> dict[str, Any]:
    views: Mapping[str, Callable[[Any], Any]] = {
        "Job": lambda row: row,
        "Allocation": lambda row: alloc_in_event(row, node),
        "Deployment": deployment_view,
        "Evaluation": evaluation_view,
    }
    return {
        "FilterKeys": list(event.filter_keys) or None,
        "Index": event.index,
        "Key": event.key,
        "Namespace": event.namespace,
        "Payload": {event.topic: views[event.topic](event.row)},
        "Topic": event.topic,
        "Type": event.kind,
    }


def _topics(asked: list[str]) -> Topics:
    """Return the topics with their keys; without any, everything. Raises: ApiError 400."""
    if not asked:
        return {"*": frozenset("*")}
    topics: dict[str, set[str]] = {}
    for text in asked:
        topic, _, key = text.partition(":")
        if ":" in key:
            problem = f"Invalid key value pair for topic, topic: {text}"
            raise ApiError(400, f"Invalid topic query: error parsing topics: {problem}")
        topics.setdefault(topic, set()).add(key or "*")
    return {topic: frozenset(keys) for topic, keys in topics.items()}
