"""Looks whether a locked dependency has a known vulnerability: `make audit`, and in CI.

The data is OSV's (https://osv.dev), asked by the project's uv. Where it cannot be reached that is
said, and is no failure: nothing is known to be wrong then.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

BOOTSTRAP = Path(__file__).resolve().parent / "bootstrap.py"
AUDIT = ("audit", "--frozen", "--preview-features=audit-command")
FOUND, NOT_DONE = 1, 2
"""How uv ends: something was found, or the question could not be asked."""


def main(arguments: Sequence[str]) -> int:
    """Return 1 if something was found, 0 otherwise; `arguments` are for uv."""
    command = [sys.executable, str(BOOTSTRAP), *AUDIT, *arguments]
    patience = {"UV_HTTP_RETRIES": "1", **os.environ}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=patience)
    if done.returncode == NOT_DONE and "error sending request" in done.stderr:
        reason = done.stderr.strip().splitlines()[-1].strip().removeprefix("cause: ")
        print(f"dependency audit: not done, its data cannot be reached ({reason})")
        return 0
    print(done.stdout + done.stderr, end="")
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
