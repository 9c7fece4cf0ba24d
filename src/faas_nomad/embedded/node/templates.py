"""The few forms of templates that this project's jobs have, rendered. Pure.

Plain text; `{{ "BASE64" | base64Decode }}`, with `| toJSON`; and one item of a Nomad variable,
read open (`with nomadVar "P"` … `(index . "K").Value`) or fail-closed (`else` an error). Anything
else is refused: better a failed task than a wrong file.
"""

import base64
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

_LITERAL = re.compile(r'\{\{-?\s*"([A-Za-z0-9+/=]*)"\s*\|\s*base64Decode\s*(\|\s*toJSON\s*)?-?\}\}')
_WITH = r'\{\{-?\s*with\s+nomadVar\s+"([^"]+)"\s*-?\}\}\s*'
_END = r"\s*\{\{-?\s*end\s*-?\}\}"
_OPEN_ITEM = re.compile(
    _WITH + r'\{\{-?\s*base64Decode\s+\(index\s+\.\s+"([^"]+)"\)\.Value\s*-?\}\}' + _END
)
_CLOSED_ITEM = re.compile(
    _WITH
    + r'\{\{-?\s*with\s+\(index\s+\.\s+"([^"]+)"\)\.Value\s*-?\}\}\s*'
    + r"\{\{-?\s*base64Decode\s+\.\s*-?\}\}\s*\{\{-?\s*else\s*-?\}\}\s*"
    + r'\{\{-?\s*index\s+\(parseJSON\s+"\[\]"\)\s+0\s*-?\}\}\s*\{\{-?\s*end\s*-?\}\}'
    + _END
)
Items = Mapping[str, str]
ReadVariable = Callable[[str], Items | None]


class TemplateError(Exception):
    """The template cannot be rendered, now or ever; the task fails with this text."""


class MissingVariableError(Exception):
    """A variable is not there yet; the task waits for it."""


def rendered(template: Mapping[str, Any], read_variable: ReadVariable) -> bytes:
    """Return the file's bytes.

    Raises:
        TemplateError: An unknown form, or a fail-closed item that is missing.
        MissingVariableError: A variable does not exist; `str(e)` is its path.
    """
    text = str(template["EmbeddedTmpl"])
    pieces: list[bytes] = []
    position = 0
    while "{{" in text[position:]:
        start = text.index("{{", position)
        pieces.append(text[position:start].encode())
        piece, position = _action(text, start, read_variable)
        pieces.append(piece)
    pieces.append(text[position:].encode())
    return b"".join(pieces)


def environment_of(rendered_bytes: bytes) -> dict[str, str]:
    """Return the variables of a template with `Envvars`: `KEY=value` a line, values maybe JSON.

    Raises:
        TemplateError: A line that is no assignment.
    """
    variables = {}
    for line in rendered_bytes.decode(errors="surrogateescape").splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key, found, value = line.partition("=")
        if not found:
            raise TemplateError(f"no variable assignment: {line[:80]!r}")
        variables[key.strip()] = _unquoted(value.strip())
    return variables


def _action(text: str, start: int, read_variable: ReadVariable) -> tuple[bytes, int]:
    literal = _LITERAL.match(text, start)
    if literal:
        return _decoded_literal(literal), literal.end()
    for pattern, is_closed in ((_CLOSED_ITEM, True), (_OPEN_ITEM, False)):
        item = pattern.match(text, start)
        if item:
            return _item(item[1], item[2], read_variable, is_closed=is_closed), item.end()
    raise TemplateError(f"the stand-in cannot render {text[start : start + 60]!r}")


def _decoded_literal(found: "re.Match[str]") -> bytes:
    decoded = _decoded(found[1])
    if not found[2]:
        return decoded
    return json.dumps(decoded.decode(errors="replace"), ensure_ascii=False).encode()


def _item(path: str, key: str, read_variable: ReadVariable, *, is_closed: bool) -> bytes:
    items = read_variable(path)
    if items is None:
        raise MissingVariableError(path)
    value = items.get(key, "")
    if is_closed and not value:
        raise TemplateError("error calling index: index out of range: 0")
    return _decoded(value)


def _decoded(text: str) -> bytes:
    """Return the bytes as Go's decoder does, which skips line ends."""
    try:
        return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True)
    except ValueError as err:
        raise TemplateError(f"base64Decode: {err}") from err


def _unquoted(value: str) -> str:
    if value[:1] != '"':
        return value
    try:
        return str(json.loads(value))
    except ValueError as err:
        raise TemplateError(f"no quoted value: {value[:80]!r}") from err
