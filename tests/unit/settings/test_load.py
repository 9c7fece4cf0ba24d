from pathlib import Path

import pytest

from faas_nomad.settings.errors import SettingsError
from faas_nomad.settings.load import LoadedSettings, load_settings
from faas_nomad.settings.page import Settings


def no_file(path: Path) -> str:
    raise AssertionError(f"read {path}")


def load(
    flags: dict[str, str] | None = None, environ: dict[str, str] | None = None, file: str = ""
) -> LoadedSettings:
    if not file:
        return load_settings(flags or {}, environ or {}, no_file)
    return load_settings({"config": "x.yaml", **(flags or {})}, environ or {}, lambda _: file)


def problems(
    flags: dict[str, str] | None = None, environ: dict[str, str] | None = None, file: str = ""
) -> list[str]:
    with pytest.raises(SettingsError) as caught:
        load(flags, environ, file)
    return caught.value.problems


def test_nothing_given_is_the_defaults() -> None:
    loaded = load()

    assert loaded.settings == Settings()
    assert loaded.notices == ()


def test_a_flag_beats_the_environment_that_the_file_that_the_default() -> None:
    loaded = load(
        {"port": "1"},
        {"port": "2", "job_max_count": "2"},
        "port: 3\njob_max_count: 3\ngateway_port: 3",
    )

    assert loaded.settings.listen.port == 1
    assert loaded.settings.job.max_count == 2
    assert loaded.settings.listen.gateway_port == 3
    assert loaded.settings.listen.host == "0.0.0.0"
    assert [str(loaded.origins[name]) for name in ("port", "job_max_count", "gateway_port")] == [
        "--port (flag)",
        "job_max_count (environment)",
        "gateway_port (x.yaml)",
    ]


def test_a_written_namespace_beats_the_one_that_nomad_gives_every_task() -> None:
    task = {"NOMAD_ALLOC_ID": "a", "NOMAD_NAMESPACE": "own"}

    assert load(environ=task).settings.nomad.namespace == "own"
    assert load(environ=task, file="job_namespace: of").settings.nomad.namespace == "of"
    assert load(environ={**task, "job_namespace": "of"}).settings.nomad.namespace == "of"


def test_all_problems_are_reported_at_once() -> None:
    found = problems(
        {"job-drivr": "x", "read-timeout": "5x"},
        {"NOMAD_TOKEN": "s3 cret", "NOMAD_ADDR": "http://u:p4ss@h", "NOMAD_CLIENT_KEY": "k"},
        "port: many\nnothing_such: s3cret",
    )

    assert [problem.split(" ")[0] for problem in found] == [
        "--job-drivr",
        "--read-timeout",
        "NOMAD_ADDR",
        "NOMAD_TOKEN",
        "port",
        "nothing_such",
        "NOMAD_CLIENT_KEY",
    ]
    assert not any(secret in problem for problem in found for secret in ("cret", "p4ss"))


def test_a_refused_value_starts_no_second_complaint_about_its_default() -> None:
    assert len(problems(environ={"port": "x", "gateway_port": "8081"})) == 1


def test_a_retired_name_is_told_once_at_start() -> None:
    loaded = load(environ={"statsd_addr": "localhost:8125"})

    assert loaded.notices == (
        "statsd_addr (environment) has no effect: metrics are served on /metrics for Prometheus",
    )


def test_a_configuration_of_the_first_provider_is_understood() -> None:
    loaded = load(
        {
            "nomad_addr": "nomad.local:4646",
            "enable_nomad_tls": "true",
            "nomad_tls_ca": "/ca.pem",
            "nomad_acl": "t",
            "enable_basic_auth": "true",
            "basic_auth_secret_path": "/secrets",
            "function_timeout": "30s",
            "logger_level": "INFO",
            "logger_output": "/log",
            "cpu_arch_constraint": "amd64",
        }
    )

    assert loaded.settings.nomad.addr == "https://nomad.local:4646"
    assert loaded.settings.nomad.ca_file == "/ca.pem"
    assert loaded.settings.nomad.token == "t"
    assert loaded.settings.listen.basic_auth
    assert loaded.settings.listen.secret_mount_path == "/secrets"
    assert loaded.settings.proxy.upstream_timeout_s == 30.0
    assert loaded.settings.log.level == "info"
    assert loaded.settings.job.cpu_arch == "amd64"
    assert len(loaded.notices) == 1


def test_the_config_file_is_told() -> None:
    assert load(file="port: 1").config_file == "x.yaml"
    assert load().config_file == ""


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (FileNotFoundError(2, "No such file or directory"), "No such file or directory"),
        (ValueError("over 1048576 bytes"), "over 1048576 bytes"),
        (UnicodeDecodeError("utf-8", b"s3cret\xff", 6, 7, "bad"), "it is no UTF-8"),
    ],
)
def test_a_config_file_that_cannot_be_read_is_told(failure: Exception, reason: str) -> None:
    def read(_path: Path) -> str:
        raise failure

    with pytest.raises(SettingsError) as caught:
        load_settings({"config": "x.toml", "port": "x"}, {}, read)

    assert caught.value.problems == [
        f"config file 'x.toml' cannot be read: {reason}",
        "--port (flag) is 'x': expected a whole number from 1 to 65535",
    ]


@pytest.mark.parametrize("path", ["x.ini", ""])
def test_a_config_file_of_no_known_format_is_told(path: str) -> None:
    with pytest.raises(SettingsError, match=r"must end in .yaml"):
        load_settings({"config": path}, {}, lambda _: "")
