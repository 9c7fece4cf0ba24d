"""How a command ends. Pure."""

OK = 0
DIFFERENT = 1
"""`plan` found something to change, `check` a failure: the command itself worked."""
WRONG = 2
"""What was given cannot be used, or a back end refused: nothing was done."""


class CommandError(Exception):
    """The command cannot do its work; `str(e)` is what to print, one line a problem."""
