"""What can go wrong with one request."""


class HttpError(Exception):
    """A message that is refused, with the status that says so."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class TruncatedError(Exception):
    """The bytes ended before the body did."""


class ClientGoneError(Exception):
    """The client closed its connection."""


class FunctionGoneError(Exception):
    """The function's end broke before its answer was whole."""


class TooLateError(Exception):
    """A limit passed; `what` is the setting that says so."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} exceeded")
        self.what = what
