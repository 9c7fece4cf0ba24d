"""Measured results as a file, so that tables and the picture can be made again from it."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, get_args

from bench.samples import Measured, Row, Sample
from bench.scenarios import Mode

About = Mapping[str, str]


class OtherMachineError(ValueError):
    """What was measured before belongs to another machine, other versions or another code."""


def to_json(about: About, samples: Measured) -> str:
    """Return the file's text."""
    rows = [
        {**row._asdict(), "samples": [_rounded(sample) for sample in found]}
        for row, found in samples.items()
    ]
    return json.dumps({"about": dict(about), "measured": rows}, indent=1, ensure_ascii=False) + "\n"


def from_json(text: str) -> tuple[About, Measured]:
    """Return what `to_json` wrote. Raises: ValueError, KeyError, TypeError for anything else."""
    found = json.loads(text)
    samples = {
        Row(_mode(row["mode"]), row["scenario"], row["contender"]): [
            Sample(**sample) for sample in row["samples"]
        ]
        for row in found["measured"]
    }
    return found["about"], samples


def save(file: Path, about: About, samples: Measured) -> Measured:
    """Write the samples to `file`, beside those of other scenarios there; return all of them.

    Raises:
        OtherMachineError: Those that are there cannot be compared with these.
    """
    if file.exists():
        known, before = from_json(file.read_text())
        if known != about:
            different = sorted(
                name for name in {*known, *about} if known.get(name) != about.get(name)
            )
            raise OtherMachineError(f"{file} has other {', '.join(different)}: remove it first")
        samples = {**before, **samples}
    file.write_text(to_json(about, samples))
    return samples


def _mode(value: str) -> Mode:
    if value not in get_args(Mode):
        raise ValueError(f"mode {value!r}, expected one of {get_args(Mode)}")
    return "free" if value == "free" else "pinned"


def _rounded(sample: Sample) -> dict[str, Any]:
    return {name: round(value, 3) for name, value in asdict(sample).items()}
