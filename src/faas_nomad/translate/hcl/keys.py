"""How a key of Nomad's JSON can stand in a job file: as an attribute, a block, or not at all. Pure.

Source: nomad `api/` and `jobspec2/` (v1.11); the structs of `api` carry both spellings. The tables
are in `job_keys.py`, `group_keys.py`, `service_keys.py`, `task_keys.py` and `placement_keys.py`.
A key that is in none of them is an error and never left out: a job file must say all that the job
says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Value:
    """An attribute with the JSON value as it is."""

    name: str


@dataclass(frozen=True)
class Duration:
    """An attribute: nanoseconds in JSON, a text such as `10s` here."""

    name: str


@dataclass(frozen=True)
class Text:
    """An attribute whose text may have many lines."""

    name: str


@dataclass(frozen=True)
class Opaque:
    """A block of attributes whose keys are not Nomad's: a driver's config."""

    name: str


@dataclass(frozen=True)
class Default:
    """A value that a job file cannot say, since it is the only one."""

    value: Any


@dataclass(frozen=True)
class Block:
    """A block, or a list of them; the value of `label` stands behind its name."""

    name: str
    keys: Mapping[str, "Key"] = field(default_factory=dict)
    label: str = ""


Key = Value | Duration | Text | Opaque | Default | Block


def values(**names: str) -> dict[str, Key]:
    """Return the keys of values by Nomad's name, given as `name_in_job_files="JsonKey"`."""
    return {json_key: Value(name) for name, json_key in names.items()}


def durations(**names: str) -> dict[str, Key]:
    """Return the keys of durations, given alike."""
    return {json_key: Duration(name) for name, json_key in names.items()}
