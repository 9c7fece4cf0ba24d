"""Makes the project's `.venv` hold exactly the locked dependencies; quick when it already does.

What a developer has put into it besides stays there.
"""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from faas_nomad.tools.errors import ToolError
from faas_nomad.tools.obtaining import Site, obtain
from faas_nomad.tools.progress import Progress
from faas_nomad.tools.uv import UV, uv_from_wheel

SYNC = ("sync", "--frozen", "--inexact")


def main(root: str, arguments: Sequence[str]) -> int:
    """Set up `root`/.venv, or run uv with `arguments`; return the exit code."""
    site = Site(os.environ, Progress(sys.stderr))
    try:
        if arguments:
            return _run_uv(Path(root), arguments, site, {})
        return set_up(Path(root), site)
    except ToolError as err:
        site.progress.say(str(err))
    except KeyboardInterrupt:
        site.progress.say("stopped")
        return 130
    return 1


def set_up(root: Path, site: Site) -> int:
    """Make `root`/.venv fit the lock file; return 0 once it does."""
    venv = root / ".venv"
    stamp = venv / ".set-up"
    wanted = fingerprint(root)
    python = venv / "bin" / "python"
    if python.exists() and stamp.is_file() and stamp.read_text() == wanted:
        return 0
    started_s = time.monotonic()
    site.progress.say("setting up .venv with the locked dependencies")
    interpreter = [] if python.exists() else ["--python", sys.executable]
    code = _run_uv(root, [*SYNC, *interpreter], site, {"UV_PROJECT_ENVIRONMENT": str(venv)})
    if code != 0:
        site.progress.say(
            f".venv could not be set up: uv ended with code {code}, its message is above."
            " Without a way to the internet, set https_proxy; behind a TLS proxy, SSL_CERT_FILE."
        )
        return 1
    stamp.write_text(wanted)
    site.progress.say(f".venv is ready after {time.monotonic() - started_s:.1f} s")
    return 0


def fingerprint(root: Path) -> str:
    """Return what `.venv` depends on, as one digest; its programs hold the folder's name too."""
    digest = hashlib.sha256(f"{root}\0{' '.join(SYNC)}\0".encode())
    for name in ("pyproject.toml", "uv.lock"):
        digest.update(hashlib.sha256((root / name).read_bytes()).digest())
    return digest.hexdigest()


def uv_environment(environ: Mapping[str, str], fixed: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for uv: this Python, the system's certificates, then `fixed`."""
    kept = {name: value for name, value in environ.items() if name != "VIRTUAL_ENV"}
    defaults = {"UV_PYTHON_DOWNLOADS": "never", "UV_SYSTEM_CERTS": "1"}
    return {**defaults, **kept, **fixed}


def _run_uv(root: Path, arguments: Sequence[str], site: Site, fixed: Mapping[str, str]) -> int:
    uv = obtain(UV, site, ways=(uv_from_wheel,))
    environ = uv_environment(site.environ, fixed)
    return subprocess.run([str(uv), *arguments], cwd=root, env=environ, check=False).returncode
