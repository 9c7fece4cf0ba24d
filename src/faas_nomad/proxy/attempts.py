"""What has been tried for one request after its first try. Pure."""

from faas_nomad.proxy.replica import Replica


class Attempts:
    """Kept only for a request that is bound to a replica or whose first try has failed."""

    __slots__ = ("fresh_only", "is_refused", "is_unclear", "key", "tried", "tries")

    def __init__(self, key: bytes | None = None) -> None:
        self.key = key
        """The value that a sticky request follows."""
        self.tries = 1
        self.tried: tuple[Replica, ...] = ()
        """They did not answer."""
        self.fresh_only = False
        """Unused connections may be as stale as the one that broke."""
        self.is_refused = False
        """A sidecar refuses us: no replica will come that does not."""
        self.is_unclear = False
        """A sidecar closed at the first bytes: an Envoy refuses us, or its function broke off."""
