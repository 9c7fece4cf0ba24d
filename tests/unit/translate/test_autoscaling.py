"""The wanted replicas follow a load without going to and fro; the curves are those of `bench/`."""

from dataclasses import replace
from pathlib import Path

import pytest

from faas_nomad.translate.autoscaling import Course, Sample
from faas_nomad.translate.scale_rules import ScaleRules, scale_query, scale_rules
from support.deployments import annotated, deployment, policy

CURVES = Path(__file__).parents[3] / "bench" / "load_curves"
INTERVAL_S = 5
RULES = ScaleRules(1, 20, 10, False, 900, "rps", 50.0, 0.9, 0.0)


def counts(load: list[float], rules: ScaleRules = RULES, first: int = 1) -> list[int]:
    """Return the wanted count after every sample, one each five seconds."""
    course, found = Course(30), [first]
    for number, one in enumerate(load):
        course.add(Sample(number * INTERVAL_S, one))
        found.append(course.decide(found[-1], rules).count)
    return found


def recorded(name: str) -> list[float]:
    """Return a recorded curve as means of five seconds."""
    seconds = [int(line) for line in (CURVES / f"{name}.txt").read_text().split()]
    parts = [seconds[at : at + INTERVAL_S] for at in range(0, len(seconds), INTERVAL_S)]
    return [sum(part) / len(part) for part in parts]


def spread(found: list[int]) -> int:
    return max(found) - min(found)


@pytest.mark.parametrize(
    ("load", "expected"), [(1, 1), (45, 1), (46, 2), (90, 2), (450, 10), (10_000, 20)]
)
def test_a_load_takes_what_carries_it_within_the_bounds(load: float, expected: int) -> None:
    assert counts([load] * 3)[-1] == expected


@pytest.mark.parametrize(
    ("load", "expected"),
    [(1e308, 20), (-1e308, 1), (-3.0, 1)],
    ids=["huge", "far below 0", "below"],
)
@pytest.mark.parametrize("target", [50.0, 1e-9])
def test_a_load_without_sense_stays_within_the_bounds(
    load: float, expected: int, target: float
) -> None:
    """Prometheus gives what the owner of a function asks it for."""
    rules = replace(RULES, target=target, proportion=1e-9)

    assert counts([load] * 4, rules)[-1] == expected


def test_the_documented_formula_is_followed_upwards() -> None:
    """desired = ready * (load per replica) / (target * proportion), rounded up."""
    assert counts([3 * 70.0], replace(RULES, most=100), first=3)[-1] == 5


def test_a_steady_load_at_the_edge_between_two_counts_moves_once() -> None:
    found = counts(recorded("steady"), first=2)

    assert set(found) == {2, 3}
    assert found == sorted(found)


def test_a_step_is_reached_and_kept_without_a_further_move() -> None:
    found = counts(recorded("step"))

    plateau = found[120 // INTERVAL_S + 6 : 420 // INTERVAL_S]
    assert spread(plateau) <= 1
    assert 8 <= plateau[-1] <= 9
    assert spread(found[-20:]) <= 1
    assert found[-1] == 1


def test_a_ramp_goes_up_and_down_without_turning_back() -> None:
    found = counts(recorded("ramp"))
    top = found.index(max(found))

    assert 9 <= found[top] <= 10
    up, down = found[: top + 1], found[top:]
    assert max(max(up[:at]) - up[at] for at in range(1, len(up))) <= 1
    assert max(down[at] - min(down[:at]) for at in range(1, len(down))) <= 1


def test_a_sawtooth_never_goes_beyond_what_its_peak_takes() -> None:
    found = counts(recorded("sawtooth"))

    assert max(found) <= 8
    assert min(found[12:]) >= 2


def test_after_a_spike_the_count_comes_back_and_stays() -> None:
    found = counts(recorded("spike"), first=3)

    assert spread(found[: 300 // INTERVAL_S]) <= 1
    settled = found[360 // INTERVAL_S :]
    assert spread(settled) <= 1
    assert max(settled) <= 3


def test_a_lower_count_must_carry_the_load_with_room_to_spare() -> None:
    assert counts([85.0] * 10, first=3)[-1] == 3
    assert counts([80.0] * 10, first=3)[-1] == 2


def test_the_count_goes_down_only_to_the_highest_wanted_within_the_down_window() -> None:
    rules = replace(RULES, down_window_s=60.0)
    found = counts([400.0] * 3 + [10.0] * 30, rules)

    reached = found.index(9)
    assert all(count == 9 for count in found[reached : reached + 60 // INTERVAL_S])
    assert found[-1] == 1


def test_the_minimum_holds_and_sleeping_is_not_the_autoscaler_s() -> None:
    assert counts([0.0] * 10, replace(RULES, least=3), first=5)[-1] == 3
    assert counts([0.0] * 10, replace(RULES, least=0), first=5)[-1] == 1


def test_the_reason_has_the_figures() -> None:
    course = Course(30)
    course.add(Sample(0, 123.4))

    assert course.decide(1, RULES).why == "rps 123.4 of 45 each is 2.74"


def test_a_target_alone_stands_for_requests_a_second() -> None:
    rules = scale_rules(deployment(labels={"com.openfaas.scale.target": "100"}), policy())

    assert (rules.type, rules.target, rules.proportion) == ("rps", 100.0, 0.9)


def test_a_type_of_its_own_has_the_query_of_openfaas_or_one_of_its_own() -> None:
    fn = deployment(labels={"com.openfaas.scale.type": "queue"})
    assert scale_query(fn, "figlet.openfaas-fn") == (
        'job:function_current_load:sum{function_name="figlet.openfaas-fn",scaling_type="queue"}'
    )

    own = annotated(scale__query="sum(queue_length)")
    assert scale_query(own, "figlet.openfaas-fn") == "sum(queue_length)"
