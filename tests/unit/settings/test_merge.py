from faas_nomad.settings.merge import merge
from faas_nomad.settings.origin import Origin, Source
from faas_nomad.settings.sources import Given


def given(written: str, text: str, source: Source = Source.ENVIRONMENT, wrong: str = "") -> Given:
    name = written.lower().removeprefix("--").replace("-", "_")
    file = "x.yaml" if source is Source.FILE else ""
    return Given(name, text, Origin(source, written, file), wrong)


def test_nothing_given_leaves_every_origin_at_default() -> None:
    merged = merge([])

    assert merged.values == {}
    assert {origin.source for origin in merged.origins.values()} == {Source.DEFAULT}


def test_the_strongest_source_wins_whatever_the_order() -> None:
    merged = merge(
        [
            given("port", "4", Source.TASK),
            given("port", "3", Source.FILE),
            given("--port", "1", Source.FLAG),
            given("PORT", "2", Source.ENVIRONMENT),
        ]
    )

    assert merged.values == {"port": 1}
    assert merged.origins["port"] == Origin(Source.FLAG, "--port")
    assert merged.problems == []


def test_an_alias_gives_the_value_and_is_the_origin() -> None:
    merged = merge([given("job_namespace", "of-a")])

    assert merged.values == {"nomad_namespace": "of-a"}
    assert merged.origins["nomad_namespace"].written == "job_namespace"


def test_an_alias_that_says_the_opposite_is_turned_round() -> None:
    assert merge([given("CONSUL_HTTP_SSL_VERIFY", "false")]).values == {"consul_skip_verify": True}


def test_two_names_that_agree_are_no_problem() -> None:
    merged = merge([given("read_timeout", "60"), given("READ_TIMEOUT", "1m")])

    assert merged.values == {"read_timeout": 60.0}
    assert merged.problems == []


def test_two_names_that_differ_in_one_source_are_both_named() -> None:
    merged = merge([given("NOMAD_NAMESPACE", "a"), given("job_namespace", "b")])

    assert merged.problems == [
        "NOMAD_NAMESPACE (environment) and job_namespace (environment) "
        "are one setting with two values, 'a' and 'b'"
    ]


def test_two_names_that_differ_in_two_sources_are_no_problem() -> None:
    merged = merge([given("NOMAD_NAMESPACE", "a"), given("job_namespace", "b", Source.FILE)])

    assert merged.values == {"nomad_namespace": "a"}
    assert merged.problems == []


def test_two_different_secrets_are_not_shown() -> None:
    (problem,) = merge([given("NOMAD_TOKEN", "s3cret1"), given("nomad_acl", "s3cret2")]).problems

    assert "NOMAD_TOKEN" in problem
    assert "nomad_acl" in problem
    assert "s3cret" not in problem


def test_a_bad_value_is_told_with_name_source_value_and_expectation() -> None:
    merged = merge([given("--job-max-count", "many", Source.FLAG)])

    assert merged.problems == [
        "--job-max-count (flag) is 'many': expected a whole number from 1 to 50000"
    ]
    assert merged.refused == {"job_max_count"}


def test_a_bad_value_that_is_beaten_is_told_too() -> None:
    assert len(merge([given("port", "x", Source.FILE), given("PORT", "1")]).problems) == 1


def test_a_bad_secret_is_hidden() -> None:
    (problem,) = merge([given("NOMAD_TOKEN", "s3 cret")]).problems

    assert problem.startswith("NOMAD_TOKEN (environment) is (hidden): expected a token")


def test_a_value_of_the_wrong_form_is_told_by_its_form() -> None:
    merged = merge([given("port", "", Source.FILE, wrong="a plain value")])

    assert merged.problems == ["port (x.yaml): expected a plain value"]


def test_an_unknown_name_is_told_without_its_value() -> None:
    merged = merge(
        [
            given("--nomad-tokn", "s3cret", Source.FLAG),
            given("nomad_tokn", "s3cret", Source.FILE),
            given("zzzz", "s3cret", Source.FILE),
        ]
    )

    assert [problem.split(": ", 1)[1] for problem in merged.problems] == [
        "no such setting, did you mean --nomad-token?",
        "no such setting, did you mean nomad_token?",
        "no such setting",
    ]


def test_a_retired_name_is_neither_value_nor_problem() -> None:
    merged = merge([given("statsd_addr", "localhost:8125")])

    assert (merged.values, merged.problems) == ({}, [])
