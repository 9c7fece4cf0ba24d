"""What one request and its answer are at present, on both sides."""

from abc import ABC, abstractmethod

from faas_nomad.proxy.attempts import Attempts
from faas_nomad.proxy.caller import Caller
from faas_nomad.proxy.relay import Relay
from faas_nomad.proxy.replica import Replica
from faas_nomad.proxy.target import Target
from faas_nomad.proxy.upload import Upload
from faas_nomad.proxy.upstream import UpstreamConnection


class ExchangeState(ABC):
    """There is one for each request, so state that is rarely needed is in objects of its own.

    Those are made when they are needed. What is done with it is one concern a class, each of which
    builds on the one before: `Dispatching`, `Sending`, `Answering`, `Exchange`. They are one object
    because to hand a request from one to the next would cost more than most of them do. `done`
    tells that the exchange is over.
    """

    __slots__ = (
        "_attempts",
        "_caller",
        "_context",
        "_first",
        "_head_come",
        "_interim",
        "_keep_alive",
        "_relay",
        "_replica",
        "_request",
        "_started_s",
        "_status",
        "_target",
        "_trace",
        "_upload",
        "_upstream",
        "done",
    )

    _trace: bytes
    """The lines for the caller that tell which call it was."""
    _first: bytes
    """The head for the replica and what came of the body along with it; b"" once it cannot be sent
    again."""

    def __init__(self, caller: Caller, target: Target) -> None:
        self._caller = caller
        self._request = caller.reader
        self._target = target
        context = self._context = target.context
        self._started_s = context.now_s()
        self._upload: Upload | None = None
        """None: the request came whole."""
        self._attempts: Attempts | None = None
        """None: nothing has failed, and any replica will do."""
        self._replica: Replica | None = None
        self._upstream: UpstreamConnection | None = None
        self._status = 0
        """Of the answer; 0 until its head has come."""
        self._head_come = b""
        """The beginning of the answer's head."""
        self._interim = 0
        """1xx heads that have come."""
        self._keep_alive = True
        """What the answer's head said about the caller's connection."""
        self._relay: Relay | None = None
        """The answer's body, while some of it is missing."""
        self.done = False

    @abstractmethod
    def fail(self, status: int, text: str, *, close: bool = False) -> None:
        """Answer `status`, or cut an answer that has begun; `close` when no request can follow."""
