"""What callers call a function, and where it is in Nomad."""

import pytest

from faas_nomad.translate.names import Names

NAMES = Names("openfaas-", "fns", "apps")


def test_a_job_s_name_leads_back_to_its_function() -> None:
    assert NAMES.job_id("figlet") == "openfaas-figlet"
    assert NAMES.service(NAMES.job_id("openfaas-figlet")) == "openfaas-figlet"


@pytest.mark.parametrize("given", ["", "fns", "openfaas-fn"])
def test_the_default_namespace_has_three_spellings(given: str) -> None:
    assert NAMES.to_nomad_namespace(given) == "apps"


def test_every_other_namespace_has_one_name_on_both_sides() -> None:
    assert NAMES.to_nomad_namespace("team") == "team"
    assert NAMES.openfaas_namespace("team") == "team"
    assert NAMES.openfaas_namespace("apps") == "fns"


@pytest.mark.parametrize(
    ("function", "found"),
    [
        ("figlet", ("figlet", "apps")),
        ("figlet.fns", ("figlet", "apps")),
        ("figlet.team", ("figlet", "team")),
    ],
)
def test_a_function_is_split_at_its_last_dot(function: str, found: tuple[str, str]) -> None:
    assert NAMES.split(function) == found


def test_every_spelling_leads_to_the_same_function() -> None:
    for namespace in ("apps", "team"):
        for spelling in NAMES.spellings("figlet", namespace):
            assert NAMES.split(spelling) == ("figlet", namespace)


def test_only_functions_of_the_default_namespace_need_none() -> None:
    assert NAMES.spellings("figlet", "apps") == ("figlet", "figlet.fns", "figlet.openfaas-fn")
    assert NAMES.spellings("figlet", "team") == ("figlet.team",)
