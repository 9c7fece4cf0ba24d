"""The kinds of values that the page of settings uses more than once. Pure."""

from faas_nomad.settings.kinds import duration, text_kind, whole

PORT = whole(1, 65535)
GATEWAY_PORT = whole(0, 65535)
FILE = text_kind("a path", r"[^\0\r\n]*")
TOKEN = text_kind("a token: printable, without blanks", r"[\x21-\x7e]{0,16384}")
SERVER_NAME = text_kind("a host name", r"[A-Za-z0-9.-]{0,253}")
NAMESPACE = text_kind("a namespace", r"[A-Za-z0-9_./-]{0,255}")
"""Of Consul Enterprise or Vault Enterprise."""
WAIT = duration(0.001, 86400)
"""A time limit; none is without an end."""

_HOST = r"(?:[A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])"
_UP_TO_65535 = r"6553[0-5]|655[0-2][0-9]|65[0-4][0-9]{2}|6[0-4][0-9]{3}|[1-5][0-9]{4}"
_HOST_PORT = rf"{_HOST}(?::(?:{_UP_TO_65535}|[1-9][0-9]{{0,3}}))?/?"

ADDRESS = text_kind(
    "an address such as http://127.0.0.1:4646, 10.0.0.1:4646 or unix:///path/api.sock",
    rf"(?:https?://)?{_HOST_PORT}|unix:///[^\0\r\n?#]+",
)
"""Of Nomad or Consul; user names and paths have no place in it."""
URL = text_kind("an address such as https://127.0.0.1:8200", rf"(?:https?://{_HOST_PORT})?")
