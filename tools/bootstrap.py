"""Makes `.venv` from `uv.lock`, with nothing installed but Python: no root, no pip, no ensurepip.

`python3 tools/bootstrap.py` sets it up and is quick when nothing has changed;
`python3 tools/bootstrap.py lock --check` runs uv with these arguments. uv is taken from PATH, or
its wheel is fetched once, its SHA-256 checked, and kept beside the other tools.
This file keeps to what Python 3.6 can read, so that an old one can say what is needed.
"""

import os
import shutil
import subprocess
import sys

NEWER_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11")
TEST = "import sys; sys.exit(sys.version_info < (3, 11))"


def hand_over_to_a_newer_python():
    """Go on as this script in another Python on PATH, or end with what is missing."""
    for name in NEWER_PYTHONS:
        python = shutil.which(name)
        if python and subprocess.call([python, "-c", TEST], stderr=subprocess.DEVNULL) == 0:
            os.execv(python, [python, *sys.argv])  # noqa: S606 (there is nothing to quote)
    version = ".".join(map(str, sys.version_info[:3]))
    sys.exit(f"faas-nomad needs Python 3.11 or later; {sys.executable} is {version}.")


if sys.version_info < (3, 11):  # noqa: UP036 (the environment's Python is what this looks at)
    hand_over_to_a_newer_python()

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "src"))

from faas_nomad.tools import environment  # noqa: E402 (needs the path above)

if __name__ == "__main__":
    sys.exit(environment.main(ROOT, sys.argv[1:]))
