"""The kinds of values that the page of settings uses more than once. Pure."""

from faas_nomad.settings.kinds import Kind, duration, text_kind, whole

PORT = whole(1, 65535)
GATEWAY_PORT = whole(0, 65535)
FILE = text_kind("a path", r"[^\0\r\n]*")
TOKEN = text_kind("a token: printable, without blanks", r"[\x21-\x7e]{0,16384}")
SERVER_NAME = text_kind("a host name", r"[A-Za-z0-9.-]{0,253}")
WAIT = duration(0.001, 86400)
"""A time limit; none is without an end."""

_HOST = r"(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
_PORT = r"(?::(?:6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}|[1-9][0-9]{0,3}))?"
_HTTP = rf"(?:https?://)?{_HOST}{_PORT}/?"


def address(example: str, *, unix: bool = True) -> Kind[str]:
    """Return the kind of back end addresses; user names and paths have no place in them."""
    socket = r"|unix:///[^\0\r\n?#]+" if unix else ""
    expects = f"an address such as {example}" + (" or unix:///path" if unix else "")
    return text_kind(expects, _HTTP + socket)
