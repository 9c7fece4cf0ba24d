"""A replica is near when its node is in the datacenter that requests are to stay in."""

from faas_nomad.state.nearness import Nearness

NODES = [{"ID": "n1", "Datacenter": "dc1"}, {"ID": "n2", "Datacenter": "dc2"}]


def test_without_a_preference_every_node_is_near() -> None:
    nearness = Nearness()

    assert not nearness.is_wanted
    assert not nearness.is_far("n1")


def test_nodes_of_other_datacenters_and_unknown_ones_are_far() -> None:
    nearness = Nearness("dc1")

    assert nearness.learn(NODES)
    assert not nearness.learn(NODES)
    assert [nearness.is_far(node) for node in ("n1", "n2", "n3")] == [False, True, True]
