"""A stack file, as faas-cli reads it → deployments, as faas-cli sends them. Pure.

Scalars keep their spelling (`1.10` is "1.10"), and variables are filled in before the YAML is read.
Sources: openfaas go-sdk `stack/` (schema, variables) and faas-cli `commands/deploy.go`
(environment files, the process of a template); `faas-cli deploy` sends the same.
"""

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from faas_nomad.model.openfaas import FunctionDeployment

ReadFile = Callable[[str], str]
"""Gives the text of a file that the stack file names. Raises: OSError, ValueError."""

_FIELDS: dict[str, Any] = {
    "lang": str,
    "handler": str,
    "image": str,
    "fprocess": str,
    "namespace": str,
    "readonly_root_filesystem": bool,
    "environment": dict,
    "labels": dict,
    "annotations": dict,
    "limits": dict,
    "requests": dict,
    "constraints": list,
    "secrets": list,
    "environment_file": list,
}
_OF_BUILDS = frozenset(
    {"skip_build", "build_options", "build_args", "build_secrets", "platforms", "copy"}
)
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::?([-=])([^${}]*))?\}")
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE", ""})


class StackFileError(ValueError):
    """A stack file cannot be understood; one line that names the place."""


@dataclass(frozen=True)
class Stack:
    """The functions of a stack file in its order, and what deserves a word."""

    functions: list[FunctionDeployment]
    notes: list[str]


def stack_from(text: str, environ: Mapping[str, str], read_file: ReadFile) -> Stack:
    """Return the functions of a stack file.

    Raises:
        StackFileError: It is no stack file, or a file that it names cannot be read.
    """
    document = _document(with_variables(text, environ), "the stack file")
    provider = _member(document, "provider", dict, "")
    if provider.get("name") != "openfaas":
        raise StackFileError(f"provider.name: {provider.get('name', '')!r} is not openfaas")
    if document.get("version", "1.0") not in ("1.0", ""):
        raise StackFileError(f"version: {document['version']!r} is not 1.0")
    functions = _member(document, "functions", dict, "")
    if not functions:
        raise StackFileError("functions: there are none")
    notes: list[str] = []
    deployments = [_deployment(name, body, read_file, notes) for name, body in functions.items()]
    return Stack(deployments, notes)


def with_variables(text: str, environ: Mapping[str, str]) -> str:
    """Return `text` with `${NAME}`, `${NAME:-default}` and `${NAME=default}` filled in.

    Raises:
        StackFileError: There is another form, which faas-cli might understand.
    """
    return "".join(_pieces(text, environ))


def _pieces(text: str, environ: Mapping[str, str]) -> Iterator[str]:
    end = 0
    for found in re.finditer(r"\$\$|\\[/\\]|\$\{", text):
        if found.start() < end:
            continue
        yield text[end : found.start()]
        if found[0] != "${":
            yield found[0][1]
            end = found.end()
            continue
        variable = _VARIABLE.match(text, found.start())
        if variable is None:
            line = text.count("\n", 0, found.start()) + 1
            raise StackFileError(
                f"line {line}: a variable that is not ${{NAME}}, ${{NAME:-default}} or "
                "${NAME=default}"
            )
        yield environ.get(variable[1]) or (variable[3] or "")
        end = variable.end()
    yield text[end:]


def _deployment(name: str, body: Any, read_file: ReadFile, notes: list[str]) -> FunctionDeployment:
    where = f"functions.{name}"
    if not isinstance(body, dict):
        raise StackFileError(f"{where}: expected a map")
    notes += _unknown(where, body)
    of = {key: _member(body, key, kind, where) for key, kind in _FIELDS.items()}
    environment = {**_texts(of["environment"], f"{where}.environment")}
    for file in of["environment_file"]:
        environment |= _environment_file(file, read_file, where)
    sent = {
        "service": name,
        "image": _tagged(of["image"]),
        "namespace": of["namespace"],
        "envProcess": of["fprocess"] or _process_of_template(of["lang"], read_file, where),
        "envVars": environment,
        "constraints": of["constraints"],
        "secrets": of["secrets"],
        "labels": _texts(of["labels"], f"{where}.labels"),
        "annotations": _texts(of["annotations"], f"{where}.annotations"),
        "limits": _resources(of["limits"], f"{where}.limits"),
        "requests": _resources(of["requests"], f"{where}.requests"),
        "readOnlyRootFilesystem": of["readonly_root_filesystem"],
    }
    return FunctionDeployment.model_validate(sent)


def _tagged(image: str) -> str:
    """Return the image as faas-cli names it: without a tag it is the latest."""
    last = image.split("/")[-1]
    return f"{image}:latest" if last and ":" not in last else image


def _member(body: Mapping[str, Any], key: str, kind: Any, where: str) -> Any:
    """Return a value of that kind; an absent or empty one is the kind's empty value."""
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


def _texts(entries: Mapping[str, Any], where: str) -> dict[str, str]:
    for key, value in entries.items():
        if not isinstance(value, str):
            raise StackFileError(f"{where}.{key}: expected a text")
    return dict(entries)


def _resources(entries: Mapping[str, Any], where: str) -> dict[str, str] | None:
    """Return memory and CPU; faas-cli sends nothing else of them."""
    texts = _texts(entries, where)
    return {key: texts[key] for key in ("memory", "cpu") if texts.get(key)} or None


def _environment_file(file: str, read_file: ReadFile, where: str) -> dict[str, str]:
    document = _document(_read(file, read_file, f"{where}.environment_file"), file)
    return _texts(_member(document, "environment", dict, file), f"{file}: environment")


def _process_of_template(language: str, read_file: ReadFile, where: str) -> str:
    """Return the `fprocess` of the template that the function is built from."""
    if language.lower() in ("", "dockerfile"):
        return ""
    file = f"template/{language}/template.yml"
    text = _read(file, read_file, f"{where}.lang (faas-cli template pull brings templates)")
    return str(_member(_document(text, file), "fprocess", str, file))


def _read(file: str, read_file: ReadFile, where: str) -> str:
    try:
        return read_file(file)
    except UnicodeDecodeError:
        raise StackFileError(f"{where}: {file!r} is no UTF-8") from None
    except OSError as err:
        raise StackFileError(f"{where}: {file!r} cannot be read: {err.strerror}") from None
    except ValueError as err:
        raise StackFileError(f"{where}: {file!r} cannot be read: {err}") from None


def _unknown(where: str, body: Mapping[str, Any]) -> Iterator[str]:
    for key in body:
        if key not in _FIELDS and key not in _OF_BUILDS:
            near = difflib.get_close_matches(str(key), _FIELDS, n=1)
            hint = f", did you mean {near[0]}?" if near else ""
            yield f"{where}.{key} is not known and left out{hint}"


class _Texts(yaml.SafeLoader):
    """Reads every scalar as it is written, and none as nothing."""


def _text_of(loader: yaml.SafeLoader, node: yaml.Node) -> str:
    return str(loader.construct_scalar(node))  # type: ignore[arg-type]


for _kind in ("bool", "int", "float", "timestamp", "binary"):
    _Texts.add_constructor(f"tag:yaml.org,2002:{_kind}", _text_of)
_Texts.add_constructor("tag:yaml.org,2002:null", lambda _loader, _node: "")


def _document(text: str, file: str) -> dict[str, Any]:
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
