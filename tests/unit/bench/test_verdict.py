import pytest

from bench.samples import Row, Sample
from bench.scenarios import CONTENDERS, SCENARIOS
from bench.verdict import GOALS, Goal, verdicts

AT_LEAST = Goal("a", "requests_s", ("get 64",), 2.0, 2.5, "sdk", more_is_better=True)
AT_MOST = Goal("b", "cpu_us", ("get 64",), 0.5, 0.4, "sdk")


@pytest.mark.parametrize(
    ("goal", "measured", "verdict"),
    [
        (AT_LEAST, 1.99, "missed"),
        (AT_LEAST, 2.0, "must"),
        (AT_LEAST, 2.5, "aim"),
        (AT_MOST, 0.51, "missed"),
        (AT_MOST, 0.5, "must"),
        (AT_MOST, 0.4, "aim"),
        (Goal("c", "p99_ms", ("events",), 5, None), 5.1, "missed"),
        (Goal("c", "p99_ms", ("events",), 5, None), 4.9, "met"),
    ],
)
def test_a_figure_is_held_against_must_and_aim(goal: Goal, measured: float, verdict: str) -> None:
    assert goal.verdict(measured) == verdict


def test_only_what_was_measured_has_a_verdict() -> None:
    fast = Sample(50, 4, 1, 1, 20, errors=0, foreign=0)
    slow = Sample(20, 10, 2, 2, 40, errors=0, foreign=0)
    samples = {Row("pinned", "get 64", "ours"): [fast], Row("pinned", "get 64", "sdk"): [slow]}

    found = {line[0]: line[3:] for line in verdicts(samples)}

    assert found == {
        "requests/s x sdk": ("2.50", "≥ 2", "≥ 2.5", "aim"),
        "CPU per request x sdk": ("0.40", "≤ 0.5", "≤ 0.4", "aim"),
        "p99 x sdk": ("0.50", "≤ 1", "≤ 0.5", "aim"),
    }


def test_a_verdict_tells_of_errors_on_either_side() -> None:
    failing = Sample(90, 1, 1, 1, 20, errors=3, foreign=0)
    slow = Sample(20, 10, 2, 2, 40, errors=2, foreign=0)
    samples = {Row("pinned", "get 64", "ours"): [failing], Row("pinned", "get 64", "sdk"): [slow]}

    assert {line[-1] for line in verdicts(samples)} == {"aim, 5 errors"}


def test_goals_are_about_what_a_whole_run_measures() -> None:
    measured = {
        (s.name, mode): s.measured_by(mode) for s in SCENARIOS for mode in ("pinned", "free")
    }
    for goal in GOALS:
        for scenario in goal.scenarios:
            contenders = measured[scenario, goal.mode]
            assert goal.who in contenders
            assert not goal.against or goal.against in contenders


def test_scenarios_name_contenders_that_there_are() -> None:
    for scenario in SCENARIOS:
        assert {*scenario.contenders, *scenario.free} <= set(CONTENDERS)
