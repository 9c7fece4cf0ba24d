"""The folders of an allocation, laid out as Nomad does."""

import shutil
from pathlib import Path

from faas_nomad.embedded.node.environment import TaskPaths

_OPEN = 0o777
"""Nomad's mode for them: a task may run as another user. The way there is closed to others."""


class AllocFolders:
    """One allocation's folders below the data folder; blocking calls, to be made in a thread."""

    def __init__(self, data_folder: Path, alloc_id: str) -> None:
        self.root = data_folder / "alloc" / alloc_id
        self.shared = self.root / "alloc"
        self.logs = self.shared / "logs"

    def create(self, task_names: list[str]) -> None:
        """Make the shared folders and those of the tasks."""
        for folder in (self.shared / "data", self.logs, self.shared / "tmp"):
            _make(folder)
        for name in task_names:
            for part in ("local", "secrets", "tmp"):
                _make(self.task(name) / part)

    def task(self, name: str) -> Path:
        """Return the task's folder, in which its process starts."""
        return self.root / name

    def paths(self, task_name: str) -> TaskPaths:
        """Return the paths that the task's environment names."""
        task = self.task(task_name)
        return TaskPaths(str(self.shared), str(task), str(task / "local"), str(task / "secrets"))

    def log_file(self, task_name: str, kind: str) -> Path:
        """Return the file that takes the task's `stdout` or `stderr`."""
        return self.logs / f"{task_name}.{kind}.0"

    def inside(self, task_name: str, relative: str) -> Path:
        """Return a path of the task's folder. Raises: ValueError when it leads out of it."""
        base = self.task(task_name).resolve()
        is_whole = Path(relative).is_absolute() and Path(relative).is_relative_to(base)
        target = (base / (relative if is_whole else relative.lstrip("/"))).resolve()
        if not target.is_relative_to(base):
            raise ValueError(f"{relative} escapes the task's folder")
        return target

    def remove(self) -> None:
        """Delete all of it."""
        shutil.rmtree(self.root, ignore_errors=True)


def _make(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(_OPEN)
    folder.parent.chmod(_OPEN)
