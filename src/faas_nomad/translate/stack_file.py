"""A stack file, as faas-cli reads it → deployments, as faas-cli sends them. Pure.

Scalars keep their spelling (`1.10` is "1.10"), and variables are filled in before the YAML is read.
Sources: openfaas go-sdk `stack/` (schema, variables) and faas-cli `commands/deploy.go`
(environment files, the process of a template); `faas-cli deploy` sends the same.
"""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.stack_document import StackFileError, member, read_document, texts_of
from faas_nomad.translate.stack_variables import with_variables

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
    document = read_document(with_variables(text, environ), "the stack file")
    provider = member(document, "provider", dict, "")
    if provider.get("name") != "openfaas":
        raise StackFileError(f"provider.name: {provider.get('name', '')!r} is not openfaas")
    if document.get("version", "1.0") not in ("1.0", ""):
        raise StackFileError(f"version: {document['version']!r} is not 1.0")
    functions = member(document, "functions", dict, "")
    if not functions:
        raise StackFileError("functions: there are none")
    notes: list[str] = []
    deployments = [_deployment(name, body, read_file, notes) for name, body in functions.items()]
    return Stack(deployments, notes)


def _deployment(name: str, body: Any, read_file: ReadFile, notes: list[str]) -> FunctionDeployment:
    where = f"functions.{name}"
    if not isinstance(body, dict):
        raise StackFileError(f"{where}: expected a map")
    notes += _unknown(where, body)
    of = {key: member(body, key, kind, where) for key, kind in _FIELDS.items()}
    environment = {**texts_of(of["environment"], f"{where}.environment")}
    for file in of["environment_file"]:
        environment |= _environment_file(file, read_file, where)
    sent = {
        "service": name,
        "image": _tagged(of["image"]),
        "namespace": of["namespace"],
        "envProcess": of["fprocess"] or _process_of_template(of["lang"], read_file, where),
        "envVars": _sorted(environment),
        "constraints": of["constraints"],
        "secrets": of["secrets"],
        "labels": _sorted(texts_of(of["labels"], f"{where}.labels")),
        "annotations": _sorted(texts_of(of["annotations"], f"{where}.annotations")),
        "limits": _resources(of["limits"], f"{where}.limits"),
        "requests": _resources(of["requests"], f"{where}.requests"),
        "readOnlyRootFilesystem": of["readonly_root_filesystem"],
    }
    return FunctionDeployment.model_validate(sent)


def _sorted(entries: Mapping[str, str]) -> dict[str, str]:
    """Return the entries in faas-cli's order: in another one, a plan would show a difference."""
    return dict(sorted(entries.items()))


def _tagged(image: str) -> str:
    """Return the image as faas-cli names it: without a tag it is the latest."""
    last = image.split("/")[-1]
    return f"{image}:latest" if last and ":" not in last else image


def _resources(entries: Mapping[str, Any], where: str) -> dict[str, str] | None:
    """Return memory and CPU; faas-cli sends nothing else of them."""
    texts = texts_of(entries, where)
    return {key: texts[key] for key in ("memory", "cpu") if texts.get(key)} or None


def _environment_file(file: str, read_file: ReadFile, where: str) -> dict[str, str]:
    document = read_document(_read(file, read_file, f"{where}.environment_file"), file)
    return texts_of(member(document, "environment", dict, file), f"{file}: environment")


def _process_of_template(language: str, read_file: ReadFile, where: str) -> str:
    """Return the `fprocess` of the template that the function is built from."""
    if language.lower() in ("", "dockerfile"):
        return ""
    file = f"template/{language}/template.yml"
    text = _read(file, read_file, f"{where}.lang (faas-cli template pull brings templates)")
    return str(member(read_document(text, file), "fprocess", str, file))


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
