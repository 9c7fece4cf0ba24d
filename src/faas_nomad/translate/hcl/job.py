"""A job, in the spelling of the API → a job file. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from faas_nomad.model.nomad import Job
from faas_nomad.translate.hcl.job_keys import JOB
from faas_nomad.translate.hcl.keys import (
    Block,
    Default,
    Duration,
    Key,
    Opaque,
    Text,
    Value,
)
from faas_nomad.translate.hcl.text import assignments, expression, heredoc, is_identifier, quoted
from faas_nomad.translate.values import duration_text

_INDENT = "  "


class NoHclError(ValueError):
    """A job has something for which no spelling in a job file is known; JSON has all."""


def job_hcl(job: Job) -> str:
    """Return the job file that stands for `job`, ending with a line end.

    Raises:
        NoHclError: There is a key that the tables do not know; names it.
    """
    body = {key: value for key, value in job.items() if key != "ID"}
    if body.get("Name") == job["ID"]:
        del body["Name"]
    return "\n".join(_block("job", [str(job["ID"])], body, JOB, "Job", "")) + "\n"


def _block(
    name: str,
    labels: list[str],
    body: Mapping[str, Any],
    keys: Mapping[str, Key],
    path: str,
    indent: str,
) -> Iterator[str]:
    head = " ".join([name, *(quoted(label) for label in labels)])
    attributes = list(_attributes(body, keys, path, indent + _INDENT))
    blocks = list(_blocks(body, keys, path, indent + _INDENT))
    if not attributes and not blocks:
        yield f"{indent}{head} {{}}"
        return
    yield f"{indent}{head} {{"
    yield from attributes
    for position, lines in enumerate(blocks):
        if attributes or position:
            yield ""
        yield from lines
    yield f"{indent}}}"


def _attributes(
    body: Mapping[str, Any], keys: Mapping[str, Key], path: str, indent: str
) -> Iterator[str]:
    shown = []
    for json_key, value in body.items():
        key = _key(keys, json_key, path)
        if isinstance(key, Block | Opaque) or value is None or value in ([], {}):
            continue
        if isinstance(key, Default):
            _refuse_other(key, value, f"{path}.{json_key}")
        else:
            shown.append((key.name, _shown(key, value, indent)))
    yield from assignments(shown, indent)


def _blocks(
    body: Mapping[str, Any], keys: Mapping[str, Key], path: str, indent: str
) -> Iterator[list[str]]:
    for json_key, value in body.items():
        key = _key(keys, json_key, path)
        where = f"{path}.{json_key}"
        if isinstance(key, Opaque) and value is not None:
            yield list(_opaque(key.name, value, indent))
        elif isinstance(key, Block) and value is not None:
            for one in value if isinstance(value, list) else [value]:
                inner = {k: v for k, v in one.items() if k != key.label}
                labels = [str(one[key.label])] if key.label else []
                yield list(_block(key.name, labels, inner, key.keys, where, indent))


def _shown(key: Value | Duration | Text, value: Any, indent: str) -> str:
    if isinstance(key, Duration):
        return quoted(duration_text(value))
    if isinstance(key, Text):
        return heredoc(value) or quoted(value)
    return expression(value, indent)


def _opaque(name: str, body: Mapping[str, Any], indent: str) -> Iterator[str]:
    """Yield a block whose keys are not Nomad's.

    Nomad reads a map in it as a list of one map, which is how a block within it would arrive.
    """
    if not all(is_identifier(key) for key in body):
        raise NoHclError(f"{name} has a key that a job file cannot have; --format json can")
    if not body:
        yield f"{indent}{name} {{}}"
        return
    inner = indent + _INDENT
    yield f"{indent}{name} {{"
    yield from assignments(((key, expression(value, inner)) for key, value in body.items()), inner)
    yield f"{indent}}}"


def _key(keys: Mapping[str, Key], json_key: str, path: str) -> Key:
    try:
        return keys[json_key]
    except KeyError:
        raise NoHclError(
            f"{path}.{json_key} has no spelling in a job file here; --format json has it"
        ) from None


def _refuse_other(key: Default, value: Any, path: str) -> None:
    if value != key.value:
        raise NoHclError(f"{path} is {value!r}, which no job file can say; --format json can")
