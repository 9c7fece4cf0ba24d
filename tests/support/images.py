"""Container images made of one static program, without a build, by docker or podman."""

import io
import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

USER = "100:101"
"""As OpenFaaS' own images: no function runs as root."""


class Docker(Protocol):
    """The docker command line, or podman's."""

    def __call__(self, *arguments: str, stdin: bytes = b"") -> str: ...


def run_command(command: tuple[str, ...], stdin: bytes, environment: Mapping[str, str]) -> str:
    """Run an engine's command line and return what it printed."""
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=60, env=environment)
    assert done.returncode == 0, f"{' '.join(command[:2])}: {done.stderr.decode()}"
    return done.stdout.decode()


def publish_image(docker: Docker, reference: str, program: Path, *options: str) -> None:
    """Put an image with nothing but `program` into its registry; `options` come before the push.

    The engine forgets it again, so that whoever runs it has to pull it.
    """
    import_image(docker, reference, program)
    docker(*options, "push", "--quiet", reference)
    docker("rmi", reference)


def import_image(docker: Docker, reference: str, program: Path) -> None:
    """Make an image that runs `program`, on port 8080 by convention, as a user without rights."""
    changes = [f'ENTRYPOINT ["/{program.name}"]', f"USER {USER}", "EXPOSE 8080"]
    options = [part for change in changes for part in ("--change", change)]
    docker("import", *options, "-", reference, stdin=_root_filesystem(program))


def _root_filesystem(program: Path) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        entry = tarfile.TarInfo(program.name)
        entry.size, entry.mode = program.stat().st_size, 0o755
        with program.open("rb") as content:
            tar.addfile(entry, content)
        tmp = tarfile.TarInfo("tmp")
        tmp.type, tmp.mode = tarfile.DIRTYPE, 0o1777
        tar.addfile(tmp)
    return packed.getvalue()
