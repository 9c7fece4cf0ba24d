"""Which replicas are in the datacenter that requests are to stay in. Pure."""

from collections.abc import Iterable, Mapping


class Nearness:
    """Knows nodes' datacenters; without a datacenter to prefer, every replica is near."""

    def __init__(self, datacenter: str = "") -> None:
        self.datacenter = datacenter
        self._datacenter_of: Mapping[str, str] = {}

    @property
    def is_wanted(self) -> bool:
        """Return whether nodes need be known at all."""
        return bool(self.datacenter)

    def learn(self, nodes: Iterable[Mapping[str, str]]) -> bool:
        """Take Nomad's list of nodes; return whether it brings anything new."""
        found = {node["ID"]: node["Datacenter"] for node in nodes}
        changed = found != self._datacenter_of
        self._datacenter_of = found
        return changed

    def is_far(self, node_id: str) -> bool:
        """Return whether the node is in another datacenter, or nothing is known of it."""
        return self.is_wanted and self._datacenter_of.get(node_id) != self.datacenter
