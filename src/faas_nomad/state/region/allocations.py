"""How what Nomad tells of an allocation is folded into those known of its function. Pure."""

from dataclasses import replace

from faas_nomad.model.nomad import Allocation, AllocID
from faas_nomad.state.records import UNKNOWN_VERSION, AllocationRecord, allocation_record

_ENDED = ("complete", "failed", "lost")


def take_allocation(
    kept: dict[AllocID, AllocationRecord],
    alloc: Allocation,
    placed_for: int,
    earlier: AllocationRecord | None = None,
) -> bool:
    """Take `alloc` into its function's `kept` ones; return whether that changes anything.

    Args:
        placed_for: The job version that it was placed for if it is new; see `placed_version`.
        earlier: What was known of it before `kept` was begun anew.
    """
    known = kept.get(AllocID(alloc["ID"]))
    if known and known.modify_index > alloc["ModifyIndex"]:
        return False
    version = known.version if known and known.version != UNKNOWN_VERSION else placed_for
    record = allocation_record(alloc, version, known or earlier)
    if record.client_status in _ENDED:
        return kept.pop(record.id, None) is not None
    kept[record.id] = record
    return known is None or replace(known, modify_index=record.modify_index) != record
