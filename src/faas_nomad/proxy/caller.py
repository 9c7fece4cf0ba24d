"""What an exchange needs of the connection that its request came on. Pure."""

from enum import Enum, auto
from typing import Protocol

from faas_nomad.proxy.bodies import Body
from faas_nomad.proxy.connector import Connector
from faas_nomad.proxy.errors import BadRequestError
from faas_nomad.proxy.introduce import Introducer
from faas_nomad.proxy.request_head import RequestReader


class After(Enum):
    """What becomes of the caller's connection when an exchange is over."""

    KEEP = auto()
    CLOSE = auto()
    SKIP = auto()
    """Keep it, but first throw away what is still to come of the request's body."""
    LINGER = auto()
    """Close, but let the caller read first: it is still sending."""
    CUT = auto()
    """The answer is incomplete, and this must be seen."""


class Writable(Protocol):
    """The part of `asyncio.Transport` that answers are written with."""

    def write(self, data: bytes | memoryview) -> None:
        """Send `data` when the other side takes it."""
        ...

    def is_closing(self) -> bool:
        """Tell whether nothing may be written any more."""
        ...


class Conversation(Protocol):
    """What goes on on a caller's connection: an exchange, a tunnel, or the skipping of a body."""

    @property
    def takes_data(self) -> bool:
        """Tell whether what the caller sends belongs to it."""
        ...

    def request_data(self, data: bytes) -> int:
        """Take what the caller sends; return how much of it belongs to the request."""
        ...

    def caller_eof(self) -> bool:
        """The caller sends no more; tell whether it goes on."""
        ...

    def caller_full(self, *, full: bool) -> None:
        """The caller reads slower than the replica sends, or keeps up again."""
        ...

    def caller_lost(self) -> None:
        """The caller is gone."""
        ...

    def timed_out(self) -> None:
        """The time for it is over."""
        ...


class Caller(Protocol):
    """The caller's connection; one exchange at a time."""

    reader: RequestReader
    connector: Connector
    introducer: Introducer
    """Tells the function who calls."""
    address_line: bytes
    """Tells the control plane on which listener a call came, as a field line."""
    at_eof: bool
    """It will send no more."""
    may_stay: bool
    """Neither it nor this process is about to leave."""
    deadline_s: float
    """When `timed_out` is due, on the monotonic clock."""

    @property
    def writer(self) -> Writable:
        """Where answers go."""
        ...

    def has_held(self) -> bool:
        """Tell whether more than the present request has been read."""
        ...

    def exchange_over(self, after: After, now_s: float, missing: Body | None) -> None:
        """The exchange has ended; `missing` is the request's body if some of it has not come."""
        ...

    def answered(self, now_s: float) -> None:
        """The exchange has ended well, and the connection is kept."""
        ...

    def go_on_as(self, conversation: Conversation) -> None:
        """Put `conversation` in the place of the exchange."""
        ...

    def refuse(self, err: BadRequestError) -> None:
        """The request that was to begin is refused; nothing of it was sent."""
        ...

    def hold(self, data: bytes) -> None:
        """Keep what was read behind the request until its turn comes."""
        ...

    def hold_reading(self, *, hold: bool) -> None:
        """Stop or go on reading from the caller."""
        ...

    def take_held(self) -> bytes:
        """Return what was read behind the request, and forget it."""
        ...

    def send_eof(self) -> bool:
        """Tell the caller that no more will come; False: only a close can tell it, as over TLS."""
        ...
