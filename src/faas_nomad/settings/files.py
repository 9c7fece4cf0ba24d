"""A configuration file's text → names and values, as written. Pure.

A file is flat: `name = value`, with lists where a setting takes several. Sources: YAML 1.1 as
PyYAML composes it, TOML 1.0 (tomllib), HCL 2 (python-hcl2).
"""

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any

import yaml

MAX_FILE_CHARS = 1 << 20
"""No page of settings is longer; the parsers' memory is a multiple of it."""
_PLAIN = "a plain value: no section, expression or null"
_HCL_EXPRESSION = re.compile(r"(?<![$%])[$%]\{")


class FileSyntaxError(ValueError):
    """The text is not of its format; says where, and nothing of the text itself."""


@dataclass(frozen=True)
class FileEntry:
    """One `name = value`. `value` is what a flag would say; `wrong` tells why there is none."""

    name: str
    value: str = ""
    quoted: bool = True
    """False for a bare number or boolean, whose spelling is lost."""
    is_list: bool = False
    wrong: str = ""


def entries(path: PurePath, text: str) -> list[FileEntry]:
    """Return what the file at `path` says, repeated names included; its extension is its format.

    Raises:
        FileSyntaxError: The extension is unknown, or the text is not of that format.
    """
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise FileSyntaxError(f"the name must end in {', '.join(_READERS)}")
    if len(text) > MAX_FILE_CHARS:
        raise FileSyntaxError(f"{len(text)} characters, expected at most {MAX_FILE_CHARS}")
    try:
        return [_entry(name, value) for name, value in reader(text)]
    except RecursionError:
        raise FileSyntaxError("values are nested too deeply") from None


def _yaml_pairs(text: str) -> Iterator[tuple[str, object]]:
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as err:
        raise FileSyntaxError(_at(err.problem_mark.line + 1 if err.problem_mark else 0)) from None
    except yaml.YAMLError:
        raise FileSyntaxError("it is no YAML: a character that may not be in it") from None
    if root is None:
        return
    if not isinstance(root, yaml.MappingNode):
        raise FileSyntaxError("expected lines such as `port: 8081`")
    for key, value in root.value:
        if not isinstance(key, yaml.ScalarNode):
            raise FileSyntaxError(_at(key.start_mark.line + 1))
        yield key.value, _yaml_value(value)


def _yaml_value(node: yaml.Node) -> object:
    """Return a scalar's own spelling: YAML 1.1 would make 1:30 the number 90."""
    if isinstance(node, yaml.ScalarNode) and not node.tag.endswith(":null"):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_yaml_value(item) for item in node.value]
    return None


def _toml_pairs(text: str) -> Iterator[tuple[str, object]]:
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as err:
        raise FileSyntaxError(str(err)) from None
    yield from document.items()


def _hcl_pairs(text: str) -> Iterator[tuple[str, object]]:
    # Here, as these cost 4 MB that most services never need.
    import hcl2
    from lark.exceptions import LarkError

    options = hcl2.SerializationOptions(
        with_comments=False, strip_string_quotes=True, preserve_heredocs=False
    )
    try:
        body = hcl2.parses(text + "\n").body
    except LarkError as err:
        raise FileSyntaxError(_at(getattr(err, "line", 0))) from None
    for child in body.children:
        if child.lark_name() == "block":
            yield child.labels[0].serialize(options), {}
        elif child.lark_name() == "attribute":
            yield from child.serialize(options).items()


_READERS: Mapping[str, Callable[[str], Iterator[tuple[str, object]]]] = {
    ".yaml": _yaml_pairs,
    ".yml": _yaml_pairs,
    ".toml": _toml_pairs,
    ".hcl": lambda text: ((name, _hcl_value(value)) for name, value in _hcl_pairs(text)),
}


def _hcl_value(value: Any) -> Any:
    """Return a literal; None for what HCL would have to evaluate."""
    if isinstance(value, list):
        return [_hcl_value(item) for item in value]
    if isinstance(value, str):
        if _HCL_EXPRESSION.search(value):
            return None
        return value.replace("$${", "${").replace("%%{", "%{")
    return value


def _entry(name: str, value: object) -> FileEntry:
    if isinstance(value, list):
        return _list_entry(name, value)
    text = _scalar(value)
    if text is None:
        return FileEntry(name, wrong=_PLAIN)
    return FileEntry(name, text, quoted=isinstance(value, str))


def _list_entry(name: str, items: list[object]) -> FileEntry:
    if not all(isinstance(item, str) and "," not in item for item in items):
        return FileEntry(name, wrong="a list of strings without commas")
    return FileEntry(name, ",".join(str(item) for item in items), is_list=True)


def _scalar(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int | float) else None


def _at(line: int) -> str:
    return f"it cannot be read at line {line}"
