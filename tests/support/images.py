"""Container images made of one static program, without a build."""

import io
import tarfile
from pathlib import Path
from typing import Protocol

USER = "100:101"
"""As OpenFaaS' own images: no function runs as root."""


class Docker(Protocol):
    """The docker command line."""

    def __call__(self, *arguments: str, stdin: bytes = b"") -> str: ...


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
