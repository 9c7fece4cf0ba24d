"""What is said of a Nomad as a whole."""

from dataclasses import replace

import pytest

from faas_nomad.commands.check.facts import Answer
from faas_nomad.commands.check.judge_nomad_rights import RIGHTS
from faas_nomad.settings.page import settings_from
from support.nomad_facts import GOOD, bad, judged


def test_a_good_nomad_asks_for_nothing() -> None:
    assert bad() == []
    assert {one.subject for one in judged()} == {
        "Nomad version",
        "Nomad namespace",
        "Nomad token",
        "Nomad nodes",
        "driver",
    }


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("a-b", "Nomad refuses whatever is asked with it"),
        ("", "none is set, and Nomad answers nothing without one"),
    ],
)
def test_a_token_that_is_refused_everywhere_is_one_finding(token: str, said: str) -> None:
    denied = {right.probe: Answer(403) for right in RIGHTS}
    settings = settings_from({"nomad_token": token})
    found = judged(replace(GOOD, answers=denied, nodes=Answer(403), agent=Answer(403)), settings)

    assert [one.text for one in found] == [said]


@pytest.mark.parametrize("status", [403, 404])
def test_a_namespace_that_is_not_there_is_a_failure(status: int) -> None:
    [found] = bad(replace(GOOD, namespace=Answer(status)), settings_from({"nomad_namespace": "x"}))

    assert 'there is no namespace "x"' in found.text
    assert "nomad namespace apply x" in found.advice


def test_oversubscription_that_the_scheduler_does_not_allow_is_told_of() -> None:
    settings = settings_from({"memory_oversubscription": True})
    off, on = (
        replace(
            GOOD,
            scheduler=Answer(200, body={"SchedulerConfig": {"MemoryOversubscriptionEnabled": x}}),
        )
        for x in (False, True)
    )

    assert [one.subject for one in bad(off, settings)] == ["memory_oversubscription"]
    assert bad(on, settings) == []
    assert bad(off) == []


def test_regions_that_nomad_does_not_know_are_named() -> None:
    facts = replace(GOOD, regions=Answer(200, body=["east", "west"]))
    both = settings_from({"nomad_region": "east", "nomad_regions": ("west",)})
    one = settings_from({"nomad_region": "east", "nomad_regions": ("north",)})

    assert bad(facts, both) == []
    [found] = bad(facts, one)
    assert (found.subject, found.text) == (
        "Nomad regions",
        "there is no north among east, west",
    )
