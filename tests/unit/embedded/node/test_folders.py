"""An allocation's folders."""

import stat
from pathlib import Path

import pytest

from faas_nomad.embedded.node.folders import AllocFolders


@pytest.fixture
def folders(tmp_path: Path) -> AllocFolders:
    made = AllocFolders(tmp_path, "id-1")
    made.create(["fn"])
    return made


def test_they_are_laid_out_as_nomad_does(folders: AllocFolders) -> None:
    paths = folders.paths("fn")
    made = {str(p.relative_to(folders.root)) for p in folders.root.rglob("*")}

    assert made == {
        *("alloc", "alloc/data", "alloc/logs", "alloc/tmp"),
        *("fn", "fn/local", "fn/secrets", "fn/tmp"),
    }
    assert paths.local == str(folders.root / "fn" / "local")
    assert folders.log_file("fn", "stdout") == folders.root / "alloc/logs/fn.stdout.0"
    assert stat.S_IMODE((folders.root / "fn").stat().st_mode) == 0o777


@pytest.mark.parametrize("relative", ["local/x", "/local/x", "x/../local/x"])
def test_a_path_is_below_the_task(folders: AllocFolders, relative: str) -> None:
    assert folders.inside("fn", relative) == folders.task("fn") / "local/x"


def test_a_whole_path_of_the_task_is_taken(folders: AllocFolders) -> None:
    assert (
        folders.inside("fn", f"{folders.task('fn')}/secrets/x") == folders.task("fn") / "secrets/x"
    )


@pytest.mark.parametrize("relative", ["../alloc/x", "local/../../x"])
def test_a_path_out_of_the_task_is_refused(folders: AllocFolders, relative: str) -> None:
    with pytest.raises(ValueError, match="escapes"):
        folders.inside("fn", relative)


def test_a_link_out_of_the_task_is_refused(folders: AllocFolders, tmp_path: Path) -> None:
    (folders.task("fn") / "local" / "out").symlink_to(tmp_path)

    with pytest.raises(ValueError, match="escapes"):
        folders.inside("fn", "local/out/x")


def test_removing_leaves_nothing_and_may_be_repeated(folders: AllocFolders) -> None:
    folders.remove()
    folders.remove()

    assert not folders.root.exists()
