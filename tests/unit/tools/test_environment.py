"""When `.venv` is set up again, and what uv is told."""

from pathlib import Path

import pytest

from faas_nomad.tools.environment import fingerprint, uv_environment


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text("[project]")
    (tmp_path / "uv.lock").write_text("version = 1")
    return tmp_path


@pytest.mark.parametrize("name", ["pyproject.toml", "uv.lock"])
def test_a_changed_file_changes_the_fingerprint(project: Path, name: str) -> None:
    before = fingerprint(project)

    (project / name).write_text("changed")

    assert fingerprint(project) != before


def test_a_moved_project_changes_the_fingerprint_because_scripts_hold_its_path(
    project: Path, tmp_path: Path
) -> None:
    before = fingerprint(project)

    moved = project.rename(tmp_path.with_name(f"{tmp_path.name}-moved"))

    assert fingerprint(moved) != before


def test_the_same_project_has_the_same_fingerprint(project: Path) -> None:
    assert fingerprint(project) == fingerprint(project)


def test_uv_uses_this_python_and_the_systems_certificates_unless_told_otherwise() -> None:
    assert uv_environment({"VIRTUAL_ENV": "/other", "PATH": "/bin"}, {"A": "b"}) == {
        "A": "b",
        "PATH": "/bin",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_SYSTEM_CERTS": "1",
    }
    assert uv_environment({"UV_SYSTEM_CERTS": "0"}, {})["UV_SYSTEM_CERTS"] == "0"


def test_what_is_fixed_wins_over_the_users_environment() -> None:
    environ = {"UV_PROJECT_ENVIRONMENT": "/theirs"}

    assert uv_environment(environ, {"UV_PROJECT_ENVIRONMENT": "/ours"}) == {
        "UV_PROJECT_ENVIRONMENT": "/ours",
        "UV_PYTHON_DOWNLOADS": "never",
        "UV_SYSTEM_CERTS": "1",
    }
