"""The real faas-cli, where it is on PATH."""

import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.functions import Functions
from support.world import Json

CLI_WITHIN_S = 90.0


@dataclass(frozen=True)
class Typed:
    """What a command printed and how it ended."""

    code: int
    out: str


Cli = Callable[..., Typed]


def faas_cli(functions: Functions, folder: Path) -> Cli:
    """Return what runs faas-cli in `folder` against the functions' service; skips without it."""
    binary = shutil.which("faas-cli")
    if binary is None:
        pytest.skip("faas-cli is not on PATH")

    def run(*arguments: str, stdin: str = "") -> Typed:
        done = subprocess.run(
            [binary, *arguments],
            input=stdin.encode(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=CLI_WITHIN_S,
            cwd=folder,
            env={
                "HOME": str(folder),
                "OPENFAAS_CONFIG": str(folder / "openfaas"),
                "OPENFAAS_URL": functions.service.gateway_url,
            },
        )
        return Typed(done.returncode, done.stdout.decode())

    return run


def flags(sent: Json) -> list[str]:
    """Return the flags of `faas-cli deploy` for a deployment."""
    named = ["--name", sent["service"], "--image", sent["image"]]
    if "envProcess" in sent:
        named += ["--fprocess", sent["envProcess"]]
    for key, value in sent["envVars"].items():
        named += ["--env", f"{key}={value}"]
    return named
