"""With Nomad alone a probe's answer is enough, and is what there is."""

from faas_nomad.model.nomad import AllocID
from faas_nomad.state.discovery import ProbesAlone


def test_every_replica_is_let_by_and_none_is_known_to_answer() -> None:
    alone = ProbesAlone()

    assert alone.vouches_for(AllocID("x"))
    assert not alone.has_passed(AllocID("x"))
