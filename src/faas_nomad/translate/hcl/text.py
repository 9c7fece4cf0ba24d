"""Values as HCL2 expressions. Pure.

Sources: HCL's native syntax specification (quoted templates and their escapes), nomad `jobspec2`
(references to node and task variables stand for themselves). What a user wrote may hold `${…}` or
`%{…}`, which must reach the job as it is: the first character is written as its code point.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_WORD = r"[A-Za-z_][A-Za-z0-9_]*"
_REFERENCE = re.compile(rf"(?<!\$)\$\{{(?:(?:attr|node|meta)(?:\.{_WORD})+|NOMAD_[A-Za-z0-9_]+)\}}")
"""What Nomad's parser leaves alone, so that it reads as in every job file."""
_TEMPLATE = re.compile(r"[$%](?=\{)")
_HEREDOC_END = "EOT"
_RESERVED = frozenset({"true", "false", "null", "for", "if", "in"})


def expression(value: Any, indent: str = "") -> str:
    """Return a JSON value as an HCL expression; maps and long lists take several lines."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, Mapping):
        return _object(value, indent)
    if isinstance(value, Sequence):
        return _list(value, indent)
    return json.dumps(value)


def quoted(text: str) -> str:
    """Return `text` as a quoted template that evaluates to it."""
    kept: list[str] = []
    end = 0
    for reference in _REFERENCE.finditer(text):
        kept += (_escaped(text[end : reference.start()]), reference[0])
        end = reference.end()
    kept.append(_escaped(text[end:]))
    return f'"{"".join(kept)}"'


def heredoc(text: str) -> str | None:
    """Return `text` as a heredoc; None where only a quoted template says it exactly."""
    lines = text.split("\n")
    is_plain = (
        len(lines) > 2
        and not lines[-1]
        and not _TEMPLATE.search(text)
        and all(line.strip() != _HEREDOC_END for line in lines)
        and all(char == "\n" or char == "\t" or char.isprintable() for char in text)
    )
    return f"<<{_HEREDOC_END}\n{text}{_HEREDOC_END}" if is_plain else None


def is_identifier(key: str) -> bool:
    """Return whether `key` can stand before `=` as it is."""
    return bool(_IDENTIFIER.fullmatch(key)) and key not in _RESERVED


def assignments(entries: Iterable[tuple[str, str]], indent: str) -> Iterator[str]:
    """Yield `key = expression` lines as `nomad fmt` lays them out: runs of short ones aligned."""
    named = ((key if is_identifier(key) else quoted(key), shown) for key, shown in entries)
    for takes_lines, run in groupby(named, lambda entry: "\n" in entry[1]):
        members = list(run)
        width = 0 if takes_lines else max(len(key) for key, _ in members)
        for key, shown in members:
            yield f"{indent}{key:<{width}} = {shown}"


def _escaped(text: str) -> str:
    body = json.dumps(text, ensure_ascii=False)[1:-1]
    return _TEMPLATE.sub(lambda found: f"\\u{ord(found[0]):04x}", body)


def _list(items: Sequence[Any], indent: str) -> str:
    inner = indent + "  "
    shown = [expression(item, inner) for item in items]
    line = ", ".join(shown)
    if "\n" not in line and len(indent) + len(line) <= 80:
        return f"[{line}]"
    return "[\n" + "".join(f"{inner}{item},\n" for item in shown) + f"{indent}]"


def _object(entries: Mapping[str, Any], indent: str) -> str:
    if not entries:
        return "{}"
    inner = indent + "  "
    lines = assignments(((key, expression(value, inner)) for key, value in entries.items()), inner)
    return "{\n" + "".join(f"{line}\n" for line in lines) + f"{indent}}}"
