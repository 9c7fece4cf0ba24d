"""An allocation is kept by the newest that was told of it, and gone once it has ended."""

import pytest

from faas_nomad.model.nomad import Allocation, AllocID
from faas_nomad.state.records import UNKNOWN_VERSION, AllocationRecord
from faas_nomad.state.region.allocations import take_allocation
from support.nomad_shapes import allocation

Kept = dict[AllocID, AllocationRecord]


def kept_of(alloc: Allocation, version: int = 3) -> Kept:
    kept: Kept = {}
    take_allocation(kept, alloc, version)
    return kept


def test_a_new_one_has_the_version_that_it_was_placed_for() -> None:
    kept: Kept = {}

    assert take_allocation(kept, allocation("a"), 3)
    assert kept[AllocID("a")].version == 3


def test_a_known_one_keeps_its_version_when_the_job_has_moved_on() -> None:
    kept = kept_of(allocation("a", index=20))
    take_allocation(kept, allocation("a", healthy=True, index=21), 4)

    assert (kept[AllocID("a")].version, kept[AllocID("a")].healthy) == (3, True)


def test_a_version_that_was_unknown_is_taken_once_it_is_told() -> None:
    kept = kept_of(allocation("a", index=20), UNKNOWN_VERSION)

    assert take_allocation(kept, allocation("a", index=21), 4)
    assert kept[AllocID("a")].version == 4


def test_an_older_answer_changes_nothing() -> None:
    kept = kept_of(allocation("a", index=20))

    assert not take_allocation(kept, allocation("a", desired="stop", index=19), 3)
    assert kept[AllocID("a")].desired_status == "run"


def test_an_index_alone_is_no_change_and_is_kept() -> None:
    kept = kept_of(allocation("a", index=20))

    assert not take_allocation(kept, allocation("a", index=25), 3)
    assert kept[AllocID("a")].modify_index == 25


@pytest.mark.parametrize("status", ["complete", "failed", "lost"])
def test_one_that_has_ended_is_dropped_and_its_end_is_a_change_once(status: str) -> None:
    kept = kept_of(allocation("a", index=20))

    assert take_allocation(kept, allocation("a", status=status, index=21), 3)
    assert kept == {}
    assert not take_allocation(kept, allocation("a", status=status, index=22), 3)


def test_that_it_has_run_is_remembered_over_a_snapshot() -> None:
    earlier = kept_of(allocation("a", status="running", index=20))[AllocID("a")]
    kept: Kept = {}
    take_allocation(kept, allocation("a", status="pending", index=21), 3, earlier)

    assert not kept[AllocID("a")].alive
