import random
import re
import uuid

from faas_nomad.proxy.trace import Tracer

LINES = re.compile(rb"\r\nX-Call-Id: (.{36})\r\nX-Start-Time: ([0-9]+)")


def ids(tracer: Tracer, count: int) -> list[str]:
    found = [LINES.fullmatch(tracer.lines(1.0)) for _ in range(count)]
    return [match[1].decode() for match in found if match]


def test_ids_are_uuids_of_version_4_and_all_different() -> None:
    found = ids(Tracer(random.Random(1).getrandbits), 1000)

    assert len(set(found)) == 1000
    for call_id in found:
        parsed = uuid.UUID(call_id)
        assert parsed.version == 4
        assert parsed.variant == uuid.RFC_4122
        assert str(parsed) == call_id


def test_two_processes_give_different_ids() -> None:
    one, other = (Tracer(random.Random(seed).getrandbits) for seed in (1, 2))

    assert not set(ids(one, 100)) & set(ids(other, 100))


def test_the_highest_start_keeps_the_form() -> None:
    assert len(ids(Tracer(lambda count: (1 << count) - 1), 3)) == 3


def test_the_time_is_in_nanoseconds() -> None:
    found = LINES.fullmatch(Tracer(random.Random(1).getrandbits).lines(1_790_000_000.25))

    assert found
    assert abs(int(found[2]) - 1_790_000_000_250_000_000) < 1000
