"""Templates become files."""

import stat
from pathlib import Path
from typing import Any

import pytest

from faas_nomad.embedded.defaults import canonical_job
from faas_nomad.embedded.node.files import write_templates
from faas_nomad.embedded.node.folders import AllocFolders
from faas_nomad.embedded.node.templates import TemplateError
from support.nomad_job_specs import web_job


def write(tmp_path: Path, *templates: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    folders = AllocFolders(tmp_path, "id-1")
    folders.create(["fn"])
    job = canonical_job(web_job("x", Templates=list(templates)), "default")
    task = job["TaskGroups"][0]["Tasks"][0]
    environment = {"NOMAD_SECRETS_DIR": folders.paths("fn").secrets, "A": "local"}
    variables, changed = write_templates(folders, task, environment, lambda _path: None)
    return variables, [template["DestPath"] for template in changed]


def test_a_file_has_content_and_mode(tmp_path: Path) -> None:
    write(tmp_path, {"DestPath": "local/deep/x", "EmbeddedTmpl": "hello", "Perms": "0440"})

    file = tmp_path / "alloc/id-1/fn/local/deep/x"
    assert file.read_text() == "hello"
    assert stat.S_IMODE(file.stat().st_mode) == 0o440


def test_a_path_is_interpolated(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"DestPath": "${NOMAD_SECRETS_DIR}/s", "EmbeddedTmpl": "1"},
        {"DestPath": "${A}/t", "EmbeddedTmpl": "2"},
    )

    task = tmp_path / "alloc/id-1/fn"
    assert ((task / "secrets/s").read_text(), (task / "local/t").read_text()) == ("1", "2")


def test_only_what_changed_is_told(tmp_path: Path) -> None:
    one = {"DestPath": "local/a", "EmbeddedTmpl": "1"}
    two = {"DestPath": "local/b", "EmbeddedTmpl": "1"}

    assert write(tmp_path, one, two)[1] == ["local/a", "local/b"]
    assert write(tmp_path, one, {**two, "EmbeddedTmpl": "2"})[1] == ["local/b"]


def test_variables_are_defined_by_a_template(tmp_path: Path) -> None:
    variables, _ = write(
        tmp_path, {"DestPath": "local/env", "EmbeddedTmpl": "A=1\nB=2", "Envvars": True}
    )

    assert variables == {"A": "1", "B": "2"}


@pytest.mark.parametrize(
    "template",
    [
        {"DestPath": "../../x", "EmbeddedTmpl": "x"},
        {"DestPath": "local/x", "EmbeddedTmpl": "x", "Perms": "rw"},
    ],
)
def test_a_bad_path_or_mode_fails(tmp_path: Path, template: dict[str, Any]) -> None:
    with pytest.raises(TemplateError):
        write(tmp_path, template)
