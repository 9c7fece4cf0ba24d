import pytest

from faas_nomad.settings.files import FileEntry
from faas_nomad.settings.origin import Origin, Source
from faas_nomad.settings.sources import (
    Given,
    config_path,
    from_environment,
    from_file,
    from_flags,
    hint,
)


@pytest.mark.parametrize("flag", ["job-driver", "job_driver", "--job-driver", "JOB_DRIVER"])
def test_a_flag_may_be_spelt_with_dashes_or_underscores(flag: str) -> None:
    assert list(from_flags({flag: "exec"})) == [
        Given("job_driver", "exec", Origin(Source.FLAG, "--job-driver"))
    ]


@pytest.mark.parametrize("variable", ["nomad_addr", "NOMAD_ADDR", "read_timeout", "READ_TIMEOUT"])
def test_a_variable_is_read_in_either_case(variable: str) -> None:
    assert list(from_environment({variable: "x"})) == [
        Given(variable.lower(), "x", Origin(Source.ENVIRONMENT, variable))
    ]


@pytest.mark.parametrize("variable", ["HOST", "Nomad_Addr", "CONFIG", "PATH", "NOMAD_ADDR_http"])
def test_other_variables_are_nobodys_business(variable: str) -> None:
    assert list(from_environment({variable: "x"})) == []


def test_an_empty_variable_counts_as_not_set() -> None:
    assert list(from_environment({"NOMAD_TOKEN": ""})) == []


def test_what_nomad_sets_for_every_task_is_a_source_of_its_own() -> None:
    inside = {"NOMAD_ALLOC_ID": "a", "NOMAD_NAMESPACE": "own", "NOMAD_TOKEN": "t"}

    sources = {one.name: one.origin.source for one in from_environment(inside)}

    assert sources == {"nomad_namespace": Source.TASK, "nomad_token": Source.ENVIRONMENT}


def test_a_file_that_lacks_quotes_around_a_text_is_told() -> None:
    (found,) = from_file("/etc/x.toml", [FileEntry("nomad_token", "12", quoted=False)])

    assert found.origin == Origin(Source.FILE, "nomad_token", "x.toml")
    assert found.wrong.endswith("written in quotes")


def test_a_number_needs_no_quotes_in_a_file() -> None:
    (found,) = from_file("x.toml", [FileEntry("port", "12", quoted=False)])

    assert found.wrong == ""


def test_a_list_for_a_setting_that_takes_one_value_is_told() -> None:
    (found,) = from_file("x.toml", [FileEntry("port", "1,2", is_list=True)])

    assert found.wrong == "a whole number from 1 to 65535"


@pytest.mark.parametrize(
    ("flags", "environ", "path"),
    [
        ({}, {}, None),
        ({"config": "a.toml"}, {"FAAS_NOMAD_CONFIG": "b.toml"}, "a.toml"),
        ({"--config": "a.toml"}, {}, "a.toml"),
        ({}, {"FAAS_NOMAD_CONFIG": "b.toml"}, "b.toml"),
        ({}, {"faas_nomad_config": "b.toml"}, "b.toml"),
        ({}, {"FAAS_NOMAD_CONFIG": ""}, None),
    ],
)
def test_the_config_file_is_named_by_flag_or_environment(
    flags: dict[str, str], environ: dict[str, str], path: str | None
) -> None:
    assert config_path(flags, environ) == path


@pytest.mark.parametrize(
    ("name", "near"), [("job_drivr", "job_driver"), ("confg", "config"), ("zzzz", "")]
)
def test_an_unknown_name_is_answered_with_the_nearest(name: str, near: str) -> None:
    assert hint(name) == near
