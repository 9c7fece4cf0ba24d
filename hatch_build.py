"""Writes version and commit into the package while it is built, also for `.venv`.

Outside a git history, as in an sdist, a commit that is already written stays.
"""

import subprocess
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

FILE = "src/faas_nomad/_build.py"


class BuildStamp(BuildHookInterface):  # type: ignore[type-arg, unused-ignore]
    """`[tool.hatch.build.hooks.custom]`; the version is what hatch-vcs made of the tags."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Write the file, which git ignores, and have it in what is built."""
        path = Path(self.root, FILE)
        commit = commit_of(self.root)
        text = (
            '"""Written when the package was built."""\n\n'
            f'version = "{self.metadata.version}"\ncommit = "{commit or "unknown"}"\n'
        )
        present = path.read_text() if path.is_file() else ""
        # Somebody may be importing it: what is right stays as it is.
        if not present or (commit and text != present):
            path.write_text(text)
        build_data["artifacts"].append(FILE)


def commit_of(root: str) -> str:
    """Return the commit that is checked out in `root` itself, empty where there is none."""
    command = ["git", "-C", root, "rev-parse", "--show-toplevel", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    top, _, commit = done.stdout.partition("\n")
    return commit.strip() if done.returncode == 0 and Path(top).samefile(root) else ""
