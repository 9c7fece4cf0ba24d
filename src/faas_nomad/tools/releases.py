"""Takes a program from its official release archive, checked against the published SHA-256 sums.

Source: https://releases.hashicorp.com (layout NAME/VERSION/NAME_VERSION_OS_ARCH.zip beside
NAME_VERSION_SHA256SUMS). A mirror with this layout is named by `FAAS_NOMAD_RELEASES_URL`.
"""

import platform
import re
from collections.abc import Mapping
from pathlib import Path

from faas_nomad.tools.archives import unpack_member
from faas_nomad.tools.catalog import Tool
from faas_nomad.tools.errors import WayError
from faas_nomad.tools.fetching import PATIENCE, Patience, base_url, fetch_file, fetch_text
from faas_nomad.tools.progress import Progress

RELEASES_URL = "https://releases.hashicorp.com"
RELEASES_SETTING = "FAAS_NOMAD_RELEASES_URL"

# Nomad's archive has 40 MB, Vault's 170 MB unpacked 500 MB: these bounds only stop nonsense.
SUMS_LIMIT_BYTES = 64 * 1024
ARCHIVE_LIMIT_BYTES = 512 * 1024 * 1024
PROGRAM_LIMIT_BYTES = 1024 * 1024 * 1024

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_SHA256 = re.compile(r"[0-9a-fA-F]{64}")


def platform_name(system: str, machine: str) -> str:
    """Return HashiCorp's name (`linux_amd64`) for what `platform` calls `Linux` and `x86_64`.

    Raises:
        WayError: No archive is published for this machine.
    """
    architecture = _ARCHITECTURES.get(machine.lower())
    if system not in {"Linux", "Darwin"} or architecture is None:
        raise WayError(f"there is no release for {system} on {machine}")
    return f"{system.lower()}_{architecture}"


def published_sum(sums: str, file_name: str) -> str:
    """Return the SHA-256 that a SHA256SUMS file gives for `file_name`.

    Raises:
        WayError: It gives none.
    """
    for line in sums.splitlines():
        digest, _, name = line.partition("  ")
        if name.strip() == file_name and _SHA256.fullmatch(digest):
            return digest.lower()
    raise WayError(f"the published sums have no SHA-256 for {file_name}")


def fetch_release(
    tool: Tool,
    to: Path,
    environ: Mapping[str, str],
    progress: Progress,
    patience: Patience = PATIENCE,
) -> None:
    """Fetch the release of `tool` for this machine, check it, and write its program to `to`.

    Raises:
        WayError: It cannot be fetched, or is not what was published.
        SettingError: The releases address cannot be used.
    """
    folder = f"{base_url(environ, RELEASES_SETTING, RELEASES_URL)}/{tool.name}/{tool.version}"
    stem = f"{tool.name}_{tool.version}"
    archive_name = f"{stem}_{platform_name(platform.system(), platform.machine())}.zip"
    sums = fetch_text(f"{folder}/{stem}_SHA256SUMS", SUMS_LIMIT_BYTES, patience)
    archive = to.with_name(f"{to.name}.zip")
    try:
        fetch_file(
            f"{folder}/{archive_name}",
            archive,
            sha256=published_sum(sums, archive_name),
            limit_bytes=ARCHIVE_LIMIT_BYTES,
            label=f"downloading {tool.name} {tool.version}",
            progress=progress,
            patience=patience,
        )
        unpack_member(archive, tool.name, to, PROGRAM_LIMIT_BYTES)
    finally:
        archive.unlink(missing_ok=True)
