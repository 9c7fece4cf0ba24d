"""When an allocation is healthy."""

import pytest

from faas_nomad.embedded.node.verdict import HealthRule, Verdict, verdict

RULE = HealthRule(min_healthy_ns=10, deadline_ns=100)


@pytest.mark.parametrize(
    ("fine_since", "now", "expected"),
    [
        (None, 0, Verdict(None, 100)),
        (50, 55, Verdict(None, 60)),
        (50, 60, Verdict(True)),
        (95, 99, Verdict(None, 100)),
        (95, 100, Verdict(False)),
        (None, 100, Verdict(False)),
        (85, 100, Verdict(True)),
    ],
)
def test_a_verdict(fine_since: int | None, now: int, expected: Verdict) -> None:
    assert verdict(RULE, fine_since, now) == expected
