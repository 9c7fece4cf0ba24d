"""What a case of the correctness matrix is: bytes go in at both ends, and something must hold."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from proxy.message import Message, request
from proxy.origin import Origin, Script
from proxy.wire import Wire, connect

HEAD_TIME_S = 1.0
"""What every proxy of the matrix is told to grant a request's head."""
ANSWER_TIME_S = 1.5
"""What it is told to grant a function's answer."""


class BrokenError(Exception):
    """What must hold did not; the text says in a few words what happened instead."""


@dataclass
class Stage:
    """One proxy, and behind it the replicas of the function `f`, which follow scripts."""

    port: int
    replicas: list[Origin]
    callers: list[Wire] = field(default_factory=list)

    @property
    def replica(self) -> Origin:
        """The first replica."""
        return self.replicas[0]

    @property
    def requests(self) -> list[Message]:
        """The whole requests that replicas have got."""
        return [message for replica in self.replicas for message in replica.requests]

    async def connect(self, receive_buffer: int | None = None) -> Wire:
        """Return a caller's connection."""
        caller = await connect(self.port, receive_buffer)
        self.callers.append(caller)
        return caller

    async def send(self, data: bytes) -> Wire:
        """Return a caller's connection on which `data` was sent."""
        caller = await self.connect()
        await caller.send(data)
        return caller

    async def ask(self, *lines: str, method: str = "GET", body: bytes | None = None) -> Message:
        """Return the answer to one usual request on a connection of its own."""
        caller = await self.send(request("/function/f", *lines, method=method, body=body))
        return await caller.read_message(without_body=method == "HEAD")

    def answering(self, answer: bytes, *, keep: bool = True) -> None:
        """Let every replica give `answer` to each request."""
        for replica in self.replicas:
            replica.scripts = [replica.answering(answer, keep=keep)]

    def following(self, script: Script) -> None:
        """Let every replica follow `script` on each connection."""
        for replica in self.replicas:
            replica.scripts = [script]


Play = Callable[[Stage], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    """One line of the matrix."""

    part: str
    name: str
    must: str
    play: Play
    replicas: int = 1
    refusing: int = 0
    """Further replicas at ports where nobody listens."""


def expect(holds: object, instead: str) -> None:
    """Raise BrokenError with `instead` unless `holds`."""
    if not holds:
        raise BrokenError(instead)


def expect_status(answer: Message, *wanted: int) -> None:
    """Raise BrokenError unless the answer has one of the statuses."""
    expect(answer.status in wanted, f"answer {answer.status}")


async def whole_answer(caller: Wire) -> Message | None:
    """Return the next answer; None when it did not come whole."""
    try:
        return await caller.read_message()
    except (asyncio.IncompleteReadError, ConnectionError):
        return None


async def is_closed(caller: Wire) -> bool:
    """Tell whether the connection ends without another byte, in order or not."""
    try:
        return await caller.rest() == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False
