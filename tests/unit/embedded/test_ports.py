"""Giving out ports."""

from faas_nomad.embedded.ports import FIRST, LAST, Ports


def test_ports_go_round_and_leave_out_those_in_use() -> None:
    ports = Ports(LAST - FIRST, lambda port: port != FIRST)

    assert [ports.take() for _ in range(3)] == [LAST, FIRST + 1, FIRST + 2]


def test_a_start_beyond_the_range_is_brought_into_it() -> None:
    assert Ports(10 * (LAST - FIRST + 1), lambda port: True).take() == FIRST


def test_when_all_are_in_use_some_port_is_given() -> None:
    assert FIRST <= Ports(0, lambda port: False).take() <= LAST
