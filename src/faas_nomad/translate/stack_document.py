"""The YAML documents around a stack file: maps whose scalars keep their spelling. Pure."""

from collections.abc import Mapping
from typing import Any

import yaml

_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE", ""})


class StackFileError(ValueError):
    """A stack file cannot be understood; one line that names the place."""


def read_document(text: str, file: str) -> dict[str, Any]:
    """Return the map that the YAML `text` of `file` is.

    Raises:
        StackFileError: It is no YAML, or no map; names the file and the line.
    """
    try:
        found = yaml.load(text, _Texts)  # noqa: S506 - a SafeLoader that constructs less
    except yaml.YAMLError as err:
        mark = getattr(err, "problem_mark", None)
        line = f" line {mark.line + 1}:" if mark else ""
        raise StackFileError(
            f"{file}:{line} {getattr(err, 'problem', None) or 'no YAML'}"
        ) from None
    except RecursionError:
        raise StackFileError(f"{file}: nested too deeply") from None
    if not isinstance(found, dict):
        raise StackFileError(f"{file}: expected a map")
    return found


def member(body: Mapping[str, Any], key: str, kind: Any, where: str) -> Any:
    """Return a value of that kind; an absent or empty one is the kind's empty value.

    Raises:
        StackFileError: It is of another kind; names its place.
    """
    value = body.get(key, "")
    place = f"{where}.{key}".removeprefix(".")
    if kind is bool:
        if value not in _TRUE | _FALSE:
            raise StackFileError(f"{place}: {value!r} is not true or false")
        return value in _TRUE
    if value == "":
        return kind()
    if not isinstance(value, kind):
        expected = {str: "a text", dict: "a map", list: "a list"}[kind]
        raise StackFileError(f"{place}: expected {expected}")
    if kind is list and not all(isinstance(item, str) for item in value):
        raise StackFileError(f"{place}: expected a list of texts")
    return value


def texts_of(entries: Mapping[str, Any], where: str) -> dict[str, str]:
    """Return a map of texts.

    Raises:
        StackFileError: A value is no text; names its place.
    """
    for key, value in entries.items():
        if not isinstance(value, str):
            raise StackFileError(f"{where}.{key}: expected a text")
    return dict(entries)


class _Texts(yaml.SafeLoader):
    """Reads every scalar as it is written, and none as nothing."""


def _text_of(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    return str(loader.construct_scalar(node))  # type: ignore[arg-type]


for _kind in ("bool", "int", "float", "timestamp", "binary"):
    _Texts.add_constructor(f"tag:yaml.org,2002:{_kind}", _text_of)
_Texts.add_constructor("tag:yaml.org,2002:null", lambda _loader, _node: "")
