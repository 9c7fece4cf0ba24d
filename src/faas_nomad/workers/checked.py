"""What a field of a message may hold: what the other end says is not trusted. Pure."""

MAX_NAME_CHARS = 512
"""Of what a worker names: an allocation's id, a function, a counter."""


class MessageError(ValueError):
    """A message that is none, or too long to be sent; the text says what is wrong."""


def name(value: object) -> str:
    """Return it if it is a name. Raises: MessageError."""
    if not isinstance(value, str) or len(value) > MAX_NAME_CHARS:
        raise MessageError(f"no name of at most {MAX_NAME_CHARS} characters")
    return value


def label(value: object) -> str | int:
    """Return it if it is a label: a name, or a number such as a status. Raises: MessageError."""
    return growth(value) if isinstance(value, int) else name(value)


def whole(value: object) -> int:
    """Return it if it is a whole number, which a boolean is not. Raises: MessageError."""
    if type(value) is not int:
        raise MessageError(f"no whole number, but {type(value).__name__}")
    return value


def growth(value: object) -> int:
    """Return it if a counter can have grown by it. Raises: MessageError."""
    found = whole(value)
    if found < 0:
        raise MessageError("a counter cannot shrink")
    return found
