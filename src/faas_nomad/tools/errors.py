"""What can go wrong while a program is looked for, fetched or built."""

from collections.abc import Sequence


class ToolError(Exception):
    """Base of all errors of this package; the text is fit for a terminal."""


class UnknownToolError(ToolError):
    """A tool was asked for that this project does not know."""


class SettingError(ToolError):
    """An environment variable holds a value that cannot be used."""


class WayError(ToolError):
    """One way to a tool failed; the text says why in one line, and the next way is tried."""


class ToolUnavailableError(ToolError):
    """Every way to a tool failed; `reasons` has one line for each, in the order they were tried."""

    def __init__(self, tool: str, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n  - ".join([f"{tool} cannot be had:", *self.reasons]))
