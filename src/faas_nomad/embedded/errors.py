"""What the stand-in refuses, with the status and text that Nomad uses. Pure."""


class ApiError(Exception):
    """An answer other than success; `str(e)` is the plain-text body."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
