"""The zipapp runs under every Python 3.9+ that this machine has, as a node's would run it."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

from support.watchdog import watchdog

OLDEST, NEWEST = 9, 15


@cache
def pythons() -> list[str]:
    """Return the Python programs here that are 3.9 or later, each version once."""
    names = ["python3", *(f"python3.{minor}" for minor in range(OLDEST, NEWEST))]
    found = [shutil.which(name, path=os.environ["PATH"] + ":/usr/bin") for name in names]
    versions = {version_of(program): program for program in ["/usr/bin/python3", *found] if program}
    return [program for version, program in sorted(versions.items()) if version >= (3, OLDEST)]


def version_of(program: str) -> tuple[int, ...]:
    code = "import sys; print(*sys.version_info[:3])"
    try:
        ran = subprocess.run([program, "-c", code], capture_output=True, text=True, check=False)
    except OSError:
        return ()
    return tuple(map(int, ran.stdout.split()))


@pytest.mark.parametrize("flags", [(), ("-I", "-S")], ids=["plain", "isolated"])
def test_it_serves(flags: tuple[str, ...], zipapp: Path, tmp_path: Path) -> None:
    found = pythons()
    for program in found:
        with watchdog(zipapp, tmp_path, {"fprocess": "cat"}, (program, *flags)) as running:
            assert running.ask("/", "POST", b"hello").body == b"hello", program
            assert running.ask("/_/health").status == 200
        assert running.exit_status() == 0
    assert running.log().count("\n") == 4 * len(found)
