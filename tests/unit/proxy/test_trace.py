import random
import uuid

from faas_nomad.proxy.trace import CallIds


def test_ids_are_uuids_of_version_4_and_all_different() -> None:
    ids = CallIds(random.Random(1).getrandbits)
    found = [ids.next() for _ in range(1000)]

    assert len(set(found)) == 1000
    for call_id in found:
        parsed = uuid.UUID(call_id.decode())
        assert parsed.version == 4
        assert parsed.variant == uuid.RFC_4122
        assert str(parsed).encode() == call_id


def test_two_processes_give_different_ids() -> None:
    one, other = (CallIds(random.Random(seed).getrandbits) for seed in (1, 2))

    assert not {one.next() for _ in range(100)} & {other.next() for _ in range(100)}


def test_the_highest_start_keeps_the_form() -> None:
    ids = CallIds(lambda count: (1 << count) - 1)

    assert len([ids.next() for _ in range(3)][-1]) == 36
