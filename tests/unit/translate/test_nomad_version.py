"""Versions are numbers in order, whoever tells them."""

from typing import Any

import pytest

from faas_nomad.translate.nomad_version import (
    agent_version,
    has_events_for_identities,
    oldest_version,
    shown,
    skips_certificates,
    version_of,
)


def test_a_version_is_its_three_numbers_whatever_follows() -> None:
    assert version_of("v1.11.1+ent") == (1, 11, 1)
    assert version_of("1.10.0-beta.1") == (1, 10, 0)


@pytest.mark.parametrize("text", ["", "dev", "1.11", "Nomad 1.11.1", "1.1234567.0"])
def test_what_does_not_begin_with_three_numbers_is_no_version(text: str) -> None:
    assert version_of(text) is None


def test_the_oldest_is_the_least_by_number_and_not_by_text() -> None:
    nodes = [{"Version": "1.11.1"}, {"Version": "1.9.4"}, {"Version": "dev"}, {}]

    assert oldest_version(nodes) == "1.9.4"
    assert oldest_version([{}]) == ""


@pytest.mark.parametrize(
    ("config", "text"),
    [({"Version": {"Version": "1.11.1"}}, "1.11.1"), ({"Version": "1.2.3"}, "1.2.3"), (None, "")],
)
def test_an_agent_tells_its_version_in_two_shapes(config: Any, text: str) -> None:
    assert agent_version({"config": config}) == text


def test_identities_may_follow_events_from_two_versions_on() -> None:
    may = {v: has_events_for_identities(v) for v in [(1, 8, 9), (1, 8, 10), (1, 9, 5), (1, 9, 6)]}

    assert list(may.values()) == [False, True, False, True]
    assert shown((1, 9, 6)) == "1.9.6"


def test_certificates_are_looked_over_from_one_version_on() -> None:
    assert not skips_certificates((1, 9, 5))
    assert skips_certificates((1, 9, 6))
