"""`tools/bootstrap.py` as `make` runs it, in a copy of the project that has nothing yet.

A small program stands in for uv, so that these tests need no package index.
"""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
UV = """#!/bin/sh
[ "$1" = --version ] && echo "uv 0.99.0" && exit
echo "$@" >> "$HOME/asked"
[ -e "$HOME/broken" ] && echo "error: no way to the index" >&2 && exit 2
[ "$1" = sync ] || exit 0
mkdir -p "$UV_PROJECT_ENVIRONMENT/bin"
ln -sf "$PYTHON" "$UV_PROJECT_ENVIRONMENT/bin/python"
"""


class Copy:
    """A copy of what bootstrap reads, its user's home, and the stand-in for uv."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "project"
        self.home = folder / "home"
        shutil.copytree(PROJECT / "src/faas_nomad/tools", self.root / "src/faas_nomad/tools")
        for name in ("src/faas_nomad/__init__.py", "pyproject.toml", "uv.lock"):
            shutil.copy(PROJECT / name, self.root / name)
        (self.root / "tools").mkdir()
        shutil.copy(PROJECT / "tools/bootstrap.py", self.root / "tools")
        (self.home / "bin").mkdir(parents=True)
        (self.home / "bin" / "uv").write_text(UV)
        (self.home / "bin" / "uv").chmod(0o755)

    def bootstrap(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        path = f"{self.home}/bin:/usr/bin:/bin"
        return subprocess.run(
            [sys.executable, "-S", str(self.root / "tools/bootstrap.py"), *arguments],
            env={"HOME": str(self.home), "PATH": path, "PYTHON": sys.executable},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def asked(self) -> list[str]:
        """Return what uv was called with, one call a line."""
        log = self.home / "asked"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def copy(tmp_path: Path) -> Copy:
    return Copy(tmp_path)


def test_the_locked_dependencies_are_installed_with_the_python_at_hand(copy: Copy) -> None:
    answer = copy.bootstrap()

    assert answer.returncode == 0, answer.stderr
    assert copy.asked() == [f"sync --frozen --inexact --python {sys.executable}"]
    assert ".venv is ready after" in answer.stderr


def test_nothing_is_done_and_said_when_nothing_has_changed(copy: Copy) -> None:
    copy.bootstrap()

    again = copy.bootstrap()

    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    assert len(copy.asked()) == 1


def test_a_changed_lock_file_is_installed_into_the_python_that_is_there(copy: Copy) -> None:
    copy.bootstrap()
    with (copy.root / "uv.lock").open("a") as lock:
        lock.write("# changed\n")

    copy.bootstrap()

    assert copy.asked()[1:] == ["sync --frozen --inexact"]


def test_an_environment_whose_python_is_gone_is_made_again(copy: Copy) -> None:
    copy.bootstrap()
    python = copy.root / ".venv/bin/python"
    python.unlink()
    python.symlink_to("/usr/bin/python-that-was-upgraded-away")

    assert copy.bootstrap().returncode == 0

    assert copy.asked()[1:] == [f"sync --frozen --inexact --python {sys.executable}"]


def test_a_failure_is_said_in_plain_words_below_uvs_own_and_tried_again_next_time(
    copy: Copy,
) -> None:
    (copy.home / "broken").touch()
    failed = copy.bootstrap()
    (copy.home / "broken").unlink()

    assert failed.returncode == 1
    assert failed.stderr.splitlines()[-2] == "error: no way to the index"
    assert failed.stderr.splitlines()[-1].startswith(".venv could not be set up: uv ended with")
    assert copy.bootstrap().returncode == 0


def test_arguments_go_to_uv_and_its_exit_code_comes_back(copy: Copy) -> None:
    assert copy.bootstrap("lock", "--check").returncode == 0
    (copy.home / "broken").touch()
    assert copy.bootstrap("lock", "--check").returncode == 2

    assert copy.asked() == ["lock --check", "lock --check"]


def test_without_a_way_to_uv_the_reasons_are_told(copy: Copy) -> None:
    (copy.home / "bin" / "uv").unlink()
    environ = {
        "HOME": str(copy.home),
        "PATH": str(copy.home),
        "FAAS_NOMAD_PYPI_FILES_URL": "http://127.0.0.1:1",
    }

    answer = subprocess.run(
        [sys.executable, "-S", str(copy.root / "tools/bootstrap.py")],
        env=environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert answer.returncode == 1
    assert "Connection refused" in answer.stderr
    assert "Traceback" not in answer.stderr


OLD_PYTHON = """
import runpy, sys
sys.argv = sys.argv[1:]
sys.version_info = (3, 8, 18, "final", 0)
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_as_old_python(copy: Copy, path: Path) -> "subprocess.CompletedProcess[str]":
    script = str(copy.root / "tools/bootstrap.py")
    return subprocess.run(
        [sys.executable, "-c", OLD_PYTHON, script],
        env={"PATH": str(path), "HOME": str(copy.home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_python_that_is_too_old_is_told_so_in_one_line(copy: Copy, tmp_path: Path) -> None:
    answer = run_as_old_python(copy, tmp_path / "nothing")

    assert answer.returncode == 1
    assert answer.stderr == (
        f"faas-nomad needs Python 3.11 or later; {sys.executable} is 3.8.18.\n"
    )


def test_a_python_that_is_too_old_hands_over_to_a_newer_one(copy: Copy) -> None:
    programs = copy.home / "bin"
    (programs / "python3.12").symlink_to("/there/is/no/such/python")
    (programs / "python3.11").write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    (programs / "python3.11").chmod(0o755)

    answer = run_as_old_python(copy, programs)

    assert "setting up .venv" in answer.stderr, answer.stderr


def test_the_script_is_readable_for_an_old_python() -> None:
    """It must say what is needed instead of a SyntaxError; 3.7 is as far back as `ast` checks."""
    ast.parse((PROJECT / "tools/bootstrap.py").read_text(), feature_version=(3, 7))
