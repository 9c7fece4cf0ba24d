"""Nomad's statistics of an allocation → what OpenFaaS calls usage. Pure.

Source: nomad `client/structs/structs.go AllocResourceUsage`. `Percent` is of one core, so 250
means two and a half. Not every driver measures the same: `RSS` is taken, and `Usage` where there
is none, as Nomad's own UI does.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MILLICORES_PER_PERCENT = 10


@dataclass(frozen=True, slots=True)
class Usage:
    """Of one replica, or the sum of several."""

    cpu_millicores: float
    memory_bytes: int


def usage_from_stats(stats: Mapping[str, Any]) -> Usage | None:
    """Return what the allocation uses, of `AllocationStats`; None when nothing was measured yet."""
    found: Mapping[str, Any] = stats["ResourceUsage"] or {}
    cpu, memory = found.get("CpuStats") or {}, found.get("MemoryStats") or {}
    if not memory.get("Measured") and not cpu.get("Measured"):
        return None
    millicores = float(cpu.get("Percent") or 0) * MILLICORES_PER_PERCENT
    return Usage(max(0.0, millicores), int(memory.get("RSS") or memory.get("Usage") or 0))
