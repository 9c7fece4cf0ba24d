"""Every live replica has an owner and an address, and nobody is called at another's."""

from faas_nomad.model.nomad import AllocID
from faas_nomad.state.live_replicas import LiveReplicas
from faas_nomad.state.records import JobKey, allocation_record
from support.nomad_shapes import allocation

A, B = JobKey("default", "openfaas-a"), JobKey("default", "openfaas-b")
X, Y, Z = AllocID("x"), AllocID("y"), AllocID("z")
HERE, THERE = ("10.0.0.1", 20000), ("10.0.0.1", 20001)


def test_a_replica_that_is_gone_is_nobody_s() -> None:
    live = LiveReplicas()
    live.settle(A, {X: HERE, Y: THERE}, is_removed=False)
    assert (live.owner(X), set(live.of(A))) == (A, {X, Y})

    live.settle(A, {Y: THERE}, is_removed=False)

    assert (live.owner(X), set(live.of(A)), set(live.of(B))) == (None, {Y}, set())


def test_owners_are_those_of_replicas_that_live() -> None:
    live = LiveReplicas()
    live.settle(A, {X: HERE, Y: THERE}, is_removed=False)

    assert live.owners([X, Y, Z]) == {A}


def test_what_a_removed_function_left_behind_is_no_home_until_it_is_vacated() -> None:
    live = LiveReplicas()
    live.settle(A, {X: HERE}, is_removed=False)
    new = allocation_record(allocation("y", "b", port=20000), 0)
    assert list(live.at_home([new])) == [new]

    live.settle(A, {}, is_removed=True)
    assert live.unvacated == {HERE}
    live.settle(B, {Y: HERE, Z: THERE}, is_removed=False)
    assert list(live.at_home([new])) == []

    assert live.vacate(HERE) == (B, {Y})
    assert list(live.at_home([new])) == [new]


def test_an_address_that_nobody_has_now_is_vacated_too() -> None:
    live = LiveReplicas()
    live.settle(A, {X: HERE}, is_removed=False)
    live.settle(A, {}, is_removed=True)

    assert live.vacate(HERE) is None
    assert live.unvacated == set()


def test_a_replica_that_ended_before_its_function_was_removed_leaves_nothing() -> None:
    live = LiveReplicas()
    live.settle(A, {X: HERE}, is_removed=False)
    live.settle(A, {}, is_removed=False)

    live.settle(A, {}, is_removed=True)

    assert live.unvacated == set()
