"""With Nomad alone a probe's answer is enough, and is what there is."""

from faas_nomad.model.nomad import AllocID
from faas_nomad.state.discovery import ProbesAlone


def test_every_replica_is_let_by() -> None:
    assert ProbesAlone().vouches_for(AllocID("x"))
