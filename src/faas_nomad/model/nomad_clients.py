"""What Nomad's clients tell of replicas: what they use, and what they write.

Source: nomad `client/structs/structs.go`, `client/lib/streamframer` (v1.11).
"""

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from faas_nomad.model.nomad import Whole

Percent = Annotated[float, Field(ge=0, lt=1e9, allow_inf_nan=False)]


class CpuStats(TypedDict):
    """What was measured of processors."""

    Percent: NotRequired[Percent | None]
    Measured: NotRequired[list[str] | None]


class MemoryStats(TypedDict):
    """What was measured of memory."""

    RSS: NotRequired[Whole]
    Usage: NotRequired[Whole]
    Measured: NotRequired[list[str] | None]


class ResourceUsage(TypedDict):
    """What an allocation's tasks use together."""

    CpuStats: NotRequired[CpuStats | None]
    MemoryStats: NotRequired[MemoryStats | None]


class AllocationStats(TypedDict):
    """`GET /v1/client/allocation/:id/stats`."""

    ResourceUsage: ResourceUsage | None


class LogFrame(TypedDict):
    """A piece of a followed output; a heartbeat has no data."""

    Data: NotRequired[str | None]
