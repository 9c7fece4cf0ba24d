"""What was removed stays so, whatever comes late."""

from faas_nomad.state.records import JobKey
from faas_nomad.state.region.tombstones import Tombstones

A, B = JobKey("default", "openfaas-a"), JobKey("default", "openfaas-b")


def test_what_was_told_up_to_a_removal_is_covered_by_it() -> None:
    tombstones = Tombstones()
    tombstones.bury(A, 25)

    covered = [tombstones.covers(A, index) for index in (24, 25, 26)]

    assert covered == [True, True, False]
    assert not tombstones.covers(B, 1)


def test_an_earlier_removal_that_is_told_late_uncovers_nothing() -> None:
    tombstones = Tombstones()
    tombstones.bury(A, 25)
    tombstones.bury(A, 20)

    assert tombstones.covers(A, 25)


def test_a_snapshot_ends_what_it_has_seen() -> None:
    tombstones = Tombstones()
    tombstones.bury(A, 25)
    tombstones.bury(B, 26)

    left = tombstones.after(25)

    assert (left.covers(A, 25), left.covers(B, 26)) == (False, True)
    assert (len(left), len(tombstones)) == (1, 2)
