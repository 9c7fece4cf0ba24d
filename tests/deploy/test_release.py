"""The wheel: the same bytes each time, the right version, and it installs with pip and with uv."""

import json
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from tools import release

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).parents[2]
ENVIRONMENT = {**os.environ, "SOURCE_DATE_EPOCH": "1700000000"}
BOOTSTRAP = [sys.executable, str(ROOT / "tools" / "bootstrap.py")]


def build(source: Path, out: Path, *more: str) -> Path:
    """Build the wheel of a source tree; return it."""
    command = [*BOOTSTRAP, "build", "--quiet", "--wheel", f"--out-dir={out}", *more, str(source)]
    subprocess.run(command, check=True, env=ENVIRONMENT)
    [wheel] = out.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone of this repository with the files as they are here, tagged as a release."""
    folder = tmp_path_factory.mktemp("history") / "clone"
    git(ROOT, "clone", "--quiet", "--no-tags", str(ROOT), str(folder))
    listed = git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message=Release")
    git(folder, "tag", "v7.1.0")
    return folder


@pytest.fixture(scope="module")
def wheel(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(history, tmp_path_factory.mktemp("wheel"))


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "safe.directory=*"]
    command = ["git", *who, "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def version_told(python: Path) -> str:
    command = [str(python.parent / "faas-nomad"), "version"]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def test_a_second_build_gives_the_same_bytes(history: Path, wheel: Path, tmp_path: Path) -> None:
    again = build(history, tmp_path)

    assert again.name == wheel.name == "faas_nomad-7.1.0-py3-none-any.whl"
    assert again.read_bytes() == wheel.read_bytes()


def test_the_sdist_gives_the_same_wheel_without_git(
    history: Path, wheel: Path, tmp_path: Path
) -> None:
    out = tmp_path / "sdist"
    command = [*BOOTSTRAP, "build", "--quiet", "--sdist", f"--out-dir={out}", str(history)]
    subprocess.run(command, check=True, env=ENVIRONMENT)
    [archive] = out.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")

    again = build(tmp_path / "faas_nomad-7.1.0", tmp_path / "again")

    assert again.read_bytes() == wheel.read_bytes()


def test_without_a_history_the_version_is_the_fallback(history: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    archive = subprocess.run(
        ["git", "-C", str(history), "archive", "HEAD"], check=True, capture_output=True
    ).stdout
    subprocess.run(["tar", "-x", "-C", str(tree)], input=archive, check=True)

    assert build(tree, tmp_path / "out").name == "faas_nomad-0.1.0-py3-none-any.whl"


@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_the_wheel_installs_into_a_fresh_environment(
    installer: str, history: Path, wheel: Path, tmp_path: Path
) -> None:
    commit = git(history, "rev-parse", "HEAD").strip()
    python = tmp_path / "venv" / "bin" / "python"
    if installer == "pip":
        subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-q", str(wheel)], check=True)
    else:
        subprocess.run([*BOOTSTRAP, "venv", "-q", str(tmp_path / "venv")], check=True)
        install = [*BOOTSTRAP, "pip", "install", "-q", f"--python={python}", str(wheel)]
        subprocess.run(install, check=True)

    assert version_told(python) == f"faas-nomad 7.1.0 ({commit})"


def test_the_bill_of_materials_names_every_locked_package_and_is_the_same_each_time() -> None:
    asked = (*release.LOCKED, "--no-dev", "--all-extras")
    made = [
        release.sbom(json.loads(release.uv(*asked, "--format=cyclonedx1.5")), "7.1.0")
        for _ in range(2)
    ]
    locked = set(re.findall(r"^(\S+)==", release.uv(*asked), re.MULTILINE))
    bom = json.loads(made[0])

    assert made[0] == made[1]
    assert {one["name"] for one in bom["components"]} == locked
    assert bom["metadata"]["component"]["version"] == "7.1.0"


def test_conditions_are_taken_off_pins_and_their_sums_stay() -> None:
    pins = "a==1 ; sys_platform == 'win32' \\\n    --hash=sha256:x\nb==2 \\\n    --hash=sha256:y\n"

    assert release.without_markers(pins) == pins.replace(" ; sys_platform == 'win32'", "")


def test_the_changelog_has_the_form_that_it_names() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    versions = re.findall(r"^## (.*)$", text, re.MULTILINE)
    kinds = set(re.findall(r"^### (.*)$", text, re.MULTILINE))

    assert versions[0] == "Unreleased"
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d{2}-\d{2}", one) for one in versions[1:])
    assert kinds <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
