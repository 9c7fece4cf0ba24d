"""What is said of the way to a back end."""

import pytest

from faas_nomad.commands.check.facts import Connection, Problem
from faas_nomad.commands.check.findings import Level
from faas_nomad.commands.check.judge_connection import NOMAD, VAULT, judge_connection

NOW_S = 1_800_000_000.0
DAY_S = 86_400.0


@pytest.mark.parametrize("problem", [one for one in Problem if one is not Problem.NONE])
def test_every_problem_is_a_failure_with_words_and_advice(problem: Problem) -> None:
    [found] = judge_connection(NOMAD, Connection("https://a:4646", problem, "why"), NOW_S)

    assert found.level is Level.FAILURE
    assert found.text.startswith("https://a:4646: ")
    assert found.text.endswith(" (why)")
    assert found.advice


@pytest.mark.parametrize(
    ("problem", "advice"),
    [
        (Problem.REFUSED, "set nomad_addr"),
        (Problem.UNTRUSTED, "set nomad_cacert"),
        (Problem.WRONG_NAME, "server.global.nomad"),
        (Problem.WANTS_CERTIFICATE, "set nomad_client_cert"),
        (Problem.TLS_THERE, "https:// in nomad_addr"),
    ],
)
def test_the_advice_names_the_setting(problem: Problem, advice: str) -> None:
    [found] = judge_connection(NOMAD, Connection("a", problem), NOW_S)

    assert advice in found.advice


@pytest.mark.parametrize(
    ("left_s", "level"),
    [(15 * DAY_S, Level.OK), (13 * DAY_S, Level.WARNING), (-DAY_S, Level.FAILURE)],
)
def test_a_certificate_is_told_of_before_it_ends(left_s: float, level: Level) -> None:
    found = judge_connection(VAULT, Connection("a", client_ends_s=NOW_S + left_s), NOW_S)

    assert [one.level for one in found if one.subject == "vault_client_cert"] == [level]


@pytest.mark.parametrize(
    ("off_s", "level", "said"),
    [
        (4.0, Level.OK, "within 5 s"),
        (-7.0, Level.WARNING, "7 s behind"),
        (61.0, Level.FAILURE, "61 s ahead of"),
    ],
)
def test_clocks_are_compared(off_s: float, level: Level, said: str) -> None:
    found = judge_connection(NOMAD, Connection("a", clock_off_s=off_s), NOW_S)

    [clock] = [one for one in found if one.subject == "clock"]
    assert clock.level is level
    assert said in clock.text


def test_a_back_end_that_tells_no_time_is_no_finding() -> None:
    assert [one.level for one in judge_connection(NOMAD, Connection("a"), NOW_S)] == [Level.OK]
