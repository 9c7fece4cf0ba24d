"""The body of a request that did not come whole with its head. Pure: it counts, checks and keeps.

What has come is kept, to send it again or until there is a connection, as long as it is small.
"""

from faas_nomad.proxy.bodies import BadBodyError, Body, body_of
from faas_nomad.proxy.errors import BadRequestError
from faas_nomad.proxy.limits import ProxyLimits

REPLAY_BYTES = 65_536
"""What is kept of a body to send it again, or until there is a connection."""


class Upload:
    """`length` is as in `RequestReader`; `come_bytes` counts what has come."""

    __slots__ = ("_max_bytes", "come_bytes", "kept", "missing")

    def __init__(self, length: int, limits: ProxyLimits) -> None:
        self.missing: Body | None = body_of(length, limits.max_trailer_bytes)
        """None: all of it has come."""
        self.come_bytes = 0
        self.kept: list[bytes] = []
        """What goes after the message that was sent first."""
        self._max_bytes = limits.max_body_bytes

    def take(self, data: bytes) -> int:
        """Take more of the body; return how much of `data` belongs to it.

        Raises:
            BadRequestError: It is malformed or too long.
        """
        body = self.missing
        assert body is not None, "only a request with a body gets more data"
        try:
            taken = body.take(data)
        except BadBodyError as err:
            raise BadRequestError(400, str(err), err.limit) from None
        self.come_bytes += taken
        check_size(self.come_bytes, self._max_bytes)
        if body.done:
            self.missing = None
        return taken

    @property
    def is_large(self) -> bool:
        """Tell whether more has come than is kept once there is a connection."""
        return self.come_bytes > REPLAY_BYTES

    def forget(self) -> None:
        """The request will not be sent again."""
        self.kept = []


def check_size(body_bytes: int, max_bytes: int) -> None:
    """Refuse a body of more than `max_bytes`, unless that is 0.

    Raises:
        BadRequestError: It is too long.
    """
    if max_bytes and body_bytes > max_bytes:
        raise BadRequestError(413, f"the body is longer than {max_bytes} bytes", "body")
