"""Why a message is refused. Pure."""


class BadRequestError(Exception):
    """The caller's message cannot be passed on; it is answered with `status` and the text."""

    def __init__(self, status: int, reason: str, limit: str = "") -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.limit = limit
        """The name of the limit that was hit, for its counter."""


class BadResponseError(Exception):
    """The function's answer cannot be passed on without guessing where it ends."""
