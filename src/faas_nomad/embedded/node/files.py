"""Writing a task's templates into its folder."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from faas_nomad.embedded.interpolation import interpolated
from faas_nomad.embedded.node.folders import AllocFolders
from faas_nomad.embedded.node.templates import (
    ReadVariable,
    TemplateError,
    environment_of,
    rendered,
)


def write_templates(
    folders: AllocFolders,
    task: Mapping[str, Any],
    environment: Mapping[str, str],
    read_variable: ReadVariable,
) -> tuple[dict[str, str], list[Mapping[str, Any]]]:
    """Render all templates; return the variables they define and those whose file changed.

    Raises:
        TemplateError: One cannot be rendered, or leads out of the folder.
        MissingVariableError: One has to wait.
    """
    variables: dict[str, str] = {}
    changed = []
    for template in task["Templates"] or []:
        content = rendered(template, read_variable)
        if template["Envvars"]:
            variables |= environment_of(content)
        if _write(folders, str(task["Name"]), template, environment, content):
            changed.append(template)
    return variables, changed


def _write(
    folders: AllocFolders,
    task_name: str,
    template: Mapping[str, Any],
    environment: Mapping[str, str],
    content: bytes,
) -> bool:
    try:
        path = folders.inside(task_name, interpolated(template["DestPath"], environment))
        mode = int(template["Perms"], 8)
    except ValueError as err:
        raise TemplateError(str(err)) from err
    if path.is_file() and path.read_bytes() == content:
        return False
    _replace(path, content, mode)
    return True


def _replace(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.partial")
    partial.write_bytes(content)
    partial.chmod(mode)
    os.replace(partial, path)
