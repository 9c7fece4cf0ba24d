"""What `render` and `plan` are given: a stack file, a deployment in JSON, or a list of those."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from faas_nomad.api.bodies import BadBodyError, decode
from faas_nomad.commands.outcome import CommandError
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.settings.reading import MAX_CONFIG_BYTES, read_text
from faas_nomad.translate.stack_document import StackFileError
from faas_nomad.translate.stack_file import Stack, stack_from

STANDARD_INPUT = "-"
USUAL_NAMES = ("stack.yaml", "stack.yml")


@dataclass(frozen=True)
class Source:
    """Which file, and which of its functions; empty for the usual file and for all."""

    file: str = ""
    functions: tuple[str, ...] = ()


def read_functions(source: Source, environ: Mapping[str, str]) -> Stack:
    """Return the functions asked for, and notes for the user.

    Raises:
        CommandError: The file cannot be read or understood, or has no such function.
    """
    file = source.file or _usual_file()
    text = _text(file)
    try:
        found = functions_of(text, environ)
    except (StackFileError, BadBodyError) as err:
        raise CommandError(f"{file}: {err}") from None
    return Stack(_chosen(found.functions, source.functions, file), found.notes)


def functions_of(text: str, environ: Mapping[str, str]) -> Stack:
    """Return the functions in `text`, which is JSON or a stack file.

    Raises:
        StackFileError, BadBodyError: It is neither.
    """
    document = _json_of(text)
    if document is None:
        return stack_from(text, environ, lambda name: read_text(Path(name)))
    bodies = document if isinstance(document, list) else [document]
    return Stack([decode(FunctionDeployment, json.dumps(body).encode()) for body in bodies], [])


def _json_of(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return None
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    is_stack = isinstance(document, dict) and "functions" in document
    return None if is_stack else document


def _usual_file() -> str:
    for name in USUAL_NAMES:
        if Path(name).exists():
            return name
    raise CommandError(f"there is no {USUAL_NAMES[0]} here: name a file with --file")


def _text(file: str) -> str:
    try:
        if file == STANDARD_INPUT:
            content = sys.stdin.buffer.read(MAX_CONFIG_BYTES + 1)
            if len(content) > MAX_CONFIG_BYTES:
                raise CommandError(f"standard input: over {MAX_CONFIG_BYTES} bytes")
            return content.decode()
        return read_text(Path(file))
    except UnicodeDecodeError:
        raise CommandError(f"{file}: no UTF-8") from None
    except OSError as err:
        raise CommandError(f"{file} cannot be read: {err.strerror or err}") from None
    except ValueError as err:
        raise CommandError(f"{file} cannot be read: {err}") from None


def _chosen(
    functions: list[FunctionDeployment], names: tuple[str, ...], file: str
) -> list[FunctionDeployment]:
    there = {fn.service: fn for fn in functions}
    if len(there) != len(functions):
        raise CommandError(f"{file}: a function comes twice")
    absent = [name for name in names if name not in there]
    if absent:
        raise CommandError(f"{file}: no function {absent[0]}; there are {', '.join(there)}")
    return [there[name] for name in names] if names else functions
