"""Whose word it takes, besides an answer to our own probe, for a replica to get requests. Pure."""

from typing import Protocol

from faas_nomad.model.nomad import AllocID


class Discovery(Protocol):
    """What is known of replicas outside of Nomad's own picture."""

    def vouches_for(self, alloc_id: AllocID) -> bool:
        """Return whether the replica may get requests once it has answered."""
        ...

    def has_passed(self, alloc_id: AllocID) -> bool:
        """Return whether the replica is known to answer, so that no probe need ask."""
        ...


class ProbesAlone:
    """With Nomad alone: its checks are no verdict on the present, our probe is."""

    def vouches_for(self, alloc_id: AllocID) -> bool:
        """Return True."""
        del alloc_id
        return True

    def has_passed(self, alloc_id: AllocID) -> bool:
        """Return False: nobody but a probe has asked."""
        del alloc_id
        return False
