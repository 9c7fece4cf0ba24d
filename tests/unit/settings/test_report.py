from faas_nomad.settings.load import load_settings
from faas_nomad.settings.page import specs
from faas_nomad.settings.report import report


def lines(flags: dict[str, str], environ: dict[str, str], file: str = "") -> dict[str, list[str]]:
    text = report(load_settings(flags, environ, lambda _: file))
    return {line.split()[0]: line.split(maxsplit=2)[1:] for line in text.splitlines()}


def test_every_setting_has_a_line_in_the_pages_order() -> None:
    assert list(lines({}, {})) == ["SETTING", *specs()]


def test_value_and_source_are_shown_as_written() -> None:
    shown = lines(
        {"port": "9000", "config": "/etc/x.yaml"},
        {"NOMAD_ADDR": "http://h:1"},
        "job_namespace: of\nread_timeout: 59s",
    )

    assert shown["port"] == ["9000", "flag --port"]
    assert shown["nomad_addr"] == ["http://h:1", "environment NOMAD_ADDR"]
    assert shown["nomad_namespace"] == ["of", "x.yaml job_namespace"]
    assert shown["upstream_timeout"] == ["59s", "x.yaml read_timeout"]
    assert shown["gateway_port"] == ["8080", "default"]
    assert shown["nomad_cacert"] == ["-", "default"]
    assert shown["file:"] == ["/etc/x.yaml"]


def test_no_secret_is_shown() -> None:
    environ = {variable: "s3cret" for one in specs().values() if one.secret for variable in one.env}

    text = report(
        load_settings(
            {"watchdog": "https://u:s3cret@h/w?sig=s3cret", "vault-app-role-id": "role"},
            environ,
            lambda _: "",
        )
    )

    assert "s3cret" not in text
    assert text.count("(set)") == 4


def test_columns_are_aligned() -> None:
    text = report(load_settings({}, {}, lambda _: ""))

    assert len({line.index("default", 48) for line in text.splitlines()[1:]}) == 1


def test_notices_follow_the_table() -> None:
    assert "note:" in lines({"statsd-addr": "x"}, {})


def test_no_control_character_reaches_the_terminal() -> None:
    assert "\x1b" not in report(load_settings({"nomad-cacert": "\x1b[2J"}, {}, lambda _: ""))
