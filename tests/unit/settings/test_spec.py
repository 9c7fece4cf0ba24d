from dataclasses import dataclass

from faas_nomad.settings.kinds import BOOLEAN, text_kind, whole
from faas_nomad.settings.spec import Alias, setting, specs_of

_TEXT = text_kind("a text", ".*")


@dataclass(frozen=True)
class Group:
    job_count: int = setting("job_count", 3, whole(1, 9), "Count", aliases=("count",))
    token: str = setting("token", "", _TEXT, "Token", secret=True)
    skip: bool = setting("skip", False, BOOLEAN, "Skip", aliases=(Alias("verify", inverted=True),))
    host: str = setting("host", "h", _TEXT, "Host", env=("host",))


SPECS = dict(specs_of(Group))


def test_a_setting_is_a_field_with_its_default() -> None:
    assert Group() == Group(3, "", False, "h")


def test_names_and_aliases_are_read_from_the_environment_in_either_case() -> None:
    assert SPECS["job_count"].env == ("job_count", "JOB_COUNT", "count", "COUNT")


def test_a_setting_may_narrow_the_variables_that_it_reads() -> None:
    assert SPECS["host"].env == ("host",)


def test_a_flag_has_dashes() -> None:
    assert SPECS["job_count"].flag == "--job-count"


def test_a_secret_is_in_no_representation() -> None:
    assert "s3cret" not in repr(Group(token="s3cret"))
    assert SPECS["token"].shown("s3cret") == "(set)"
    assert SPECS["token"].shown("") == ""


def test_an_alias_may_say_the_opposite() -> None:
    assert SPECS["skip"].aliases == (Alias("verify", inverted=True),)
    assert SPECS["job_count"].aliases == (Alias("count"),)
