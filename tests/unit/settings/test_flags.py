import pytest

from faas_nomad.settings.errors import SettingsError
from faas_nomad.settings.flags import flags_from_argv


@pytest.mark.parametrize(
    ("line", "flags"),
    [
        ("", {}),
        ("--job-driver raw_exec", {"job_driver": "raw_exec"}),
        ("--job-driver=raw_exec --port=1", {"job_driver": "raw_exec", "port": "1"}),
        ("-nomad_addr=localhost:4646", {"nomad_addr": "localhost:4646"}),
        ("--basic-auth --port 1", {"basic_auth": "true", "port": "1"}),
        ("--basic-auth false --port 1", {"basic_auth": "false", "port": "1"}),
        ("--basic-auth=no", {"basic_auth": "no"}),
        ("--watchdog=https://h/x?a=b", {"watchdog": "https://h/x?a=b"}),
        ("--nomad-token=", {"nomad_token": ""}),
        ("--no-such x", {"no_such": "x"}),
        ("--no-such --port 1", {"no_such": "", "port": "1"}),
    ],
)
def test_words_become_flags(line: str, flags: dict[str, str]) -> None:
    assert flags_from_argv(line.split()) == flags


def test_all_that_is_wrong_with_the_words_is_told_without_them() -> None:
    with pytest.raises(SettingsError) as caught:
        flags_from_argv(["s3cret", "--basic-auth", "s3cret", "--port", "--port=1", "--"])

    assert caught.value.problems == [
        "at the beginning: expected a flag such as --port",
        "after --basic-auth: expected a flag such as --port",
        "--port (flag) has no value: expected a whole number from 1 to 65535",
        "--port (flag) is given twice",
        "after --port: expected a flag such as --port",
    ]
