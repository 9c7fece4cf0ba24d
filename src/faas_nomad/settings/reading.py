"""Reads small files that an operator names: never more than the caller expects."""

from pathlib import Path

MAX_CONFIG_BYTES = 1 << 20


def read_text(path: Path, most_bytes: int = MAX_CONFIG_BYTES) -> str:
    """Return the UTF-8 text of the file at `path`, of at most `most_bytes`.

    The mark that some editors put before it is no part of it: nobody types it with a password.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is longer, or no UTF-8 (a UnicodeDecodeError).
    """
    with path.open("rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ValueError(f"over {most_bytes} bytes")
    return content.decode("utf-8-sig")
