"""Fetches programs that are published as Python wheels: a zip archive, so pip is not needed.

Names and sums are pinned here in the project, from https://pypi.org/simple/NAME/. A mirror with
the layout of the files' address is named by `FAAS_NOMAD_PYPI_FILES_URL`.
"""

import platform
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple, TypeAlias

from faas_nomad.tools.errors import WayError
from faas_nomad.tools.fetching import Patience, base_url, fetch_file
from faas_nomad.tools.progress import Progress

FILES_URL = "https://files.pythonhosted.org"
FILES_SETTING = "FAAS_NOMAD_PYPI_FILES_URL"
WHEEL_LIMIT_BYTES = 200_000_000  # zig's has 101 MB

Machine: TypeAlias = tuple[str, str]  # what `platform` calls system and machine


class Wheel(NamedTuple):
    """One published file: where it is below the files' address, and its SHA-256."""

    path: str
    sha256: str


def this_machine() -> Machine:
    """Return the machine that this runs on."""
    return platform.system(), platform.machine()


def wheel_for(name: str, machine: Machine, wheels: Mapping[Machine, Wheel], instead: str) -> Wheel:
    """Return the wheel of program `name` for `machine`.

    Raises:
        WayError: None is known; tells what to do `instead`.
    """
    if machine not in wheels:
        raise WayError(f"no {name} wheel is known for {' on '.join(machine)}; {instead}")
    return wheels[machine]


def fetch_wheel(
    wheel: Wheel,
    to: Path,
    label: str,
    environ: Mapping[str, str],
    progress: Progress,
    patience: Patience,
) -> None:
    """Write `wheel` to `to`, showing a bar with `label`.

    Raises:
        WayError: It cannot be fetched, or is not what was published.
        SettingError: The address of the files cannot be used.
    """
    fetch_file(
        f"{base_url(environ, FILES_SETTING, FILES_URL)}/{wheel.path}",
        to,
        sha256=wheel.sha256,
        limit_bytes=WHEEL_LIMIT_BYTES,
        label=f"downloading {label}",
        progress=progress,
        patience=patience,
    )
