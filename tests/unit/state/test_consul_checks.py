"""Consul's checks become verdicts on allocations; absence and silence are none."""

from faas_nomad.model.consul import HealthCheck
from faas_nomad.model.nomad import AllocID
from faas_nomad.state.consul_checks import ConsulDatacenter, ConsulDatacenters, verdicts_of

A = AllocID("aaaaaaaa-0000-4000-8000-000000000001")
B = AllocID("bbbbbbbb-0000-4000-8000-000000000002")


def check(
    alloc_id: str = A, status: str = "passing", output: str = "said", node: str = "n1"
) -> HealthCheck:
    service_id = f"_nomad-task-{alloc_id}-group-fn-openfaas-f-http" if alloc_id else ""
    return HealthCheck(
        Node=node, Status=status, Output=output, ServiceID=service_id, ServiceName="openfaas-f"
    )


def of_node(status: str, node: str = "n1") -> HealthCheck:
    return check("", status, node=node)


def test_an_instance_passes_when_all_its_checks_and_its_nodes_pass() -> None:
    assert verdicts_of([check(), of_node("passing")], {}) == {A: True}
    assert verdicts_of([check(), check(status="warning")], {}) == {A: False}
    assert verdicts_of([check(), of_node("critical")], {}) == {A: False}
    assert verdicts_of([check(), of_node("critical", node="n2")], {}) == {A: True}


def test_a_sidecars_checks_count_for_its_service() -> None:
    sidecar = check(status="critical")
    sidecar["ServiceID"] += "-sidecar-proxy"

    assert verdicts_of([check(), sidecar], {}) == {A: False}


def test_a_service_that_is_no_allocations_is_passed_over() -> None:
    other = check()
    other["ServiceID"] = "openfaas-f-by-hand"

    assert verdicts_of([other], {}) == {}


def test_a_check_that_has_not_run_yet_changes_no_verdict() -> None:
    silent = [check(status="critical", output="")]

    assert verdicts_of(silent, {A: True}) == {A: True}
    assert verdicts_of(silent, {A: False}) == {A: False}
    assert verdicts_of(silent, {}) == {A: False}
    assert verdicts_of([check(status="critical", output="refused")], {A: True}) == {A: False}


def test_the_first_list_tells_who_passes_and_nobody_else_is_vouched_for() -> None:
    one = ConsulDatacenter(grace_s=60)
    datacenters = ConsulDatacenters({"": one})

    assert not datacenters.vouches_for(A)
    assert one.took([check()], 0.0) == {A}
    assert datacenters.vouches_for(A)
    assert not datacenters.vouches_for(B)


def test_what_changed_is_told() -> None:
    one = ConsulDatacenter(grace_s=60)
    one.took([check(A), check(B)], 0.0)

    assert one.took([check(A), check(B, "critical")], 1.0) == {B}
    assert one.took([check(A)], 2.0) == {B}
    assert one.took([check(A)], 3.0) == set()


def test_while_it_is_away_the_last_verdicts_stand_and_the_unknown_are_let_by() -> None:
    one = ConsulDatacenter(grace_s=60)
    datacenters = ConsulDatacenters({"": one})
    one.took([check(A, "critical")], 0.0)

    assert one.lost()
    assert not one.lost()
    assert not datacenters.vouches_for(A)
    assert datacenters.vouches_for(B)


def test_for_a_while_after_it_was_away_its_lists_may_lack_replicas() -> None:
    one = ConsulDatacenter(grace_s=60)
    datacenters = ConsulDatacenters({"": one})
    one.took([check(A)], 0.0)
    one.lost()

    one.took([], 10.0)
    assert datacenters.vouches_for(A)
    assert datacenters.vouches_for(B)
    assert one.took([check(A, "critical")], 20.0) == {A}
    assert not datacenters.vouches_for(A)

    assert one.took([check(B)], 70.0) is None
    assert not one.has_gaps
    assert not datacenters.vouches_for(A)
    assert datacenters.vouches_for(B)


def test_a_replica_is_sought_in_every_datacenter() -> None:
    east, west = ConsulDatacenter(60), ConsulDatacenter(60)
    datacenters = ConsulDatacenters({"east": east, "west": west})
    east.took([check(A)], 0.0)
    west.took([check(B)], 0.0)

    assert datacenters.vouches_for(A)
    assert datacenters.vouches_for(B)
    west.lost()
    assert datacenters.vouches_for(AllocID("unknown"))
