import pytest

from faas_nomad.watchdog.config import LOG_LINE_MAX, Config, ConfigError, duration_s


def problems(**environ: str) -> list[str]:
    with pytest.raises(ConfigError) as refused:
        Config({"fprocess": "cat", **environ})
    return str(refused.value).splitlines()


def test_a_process_alone_is_enough() -> None:
    config = Config({"fprocess": "cat -n"})

    assert config.command == ["cat", "-n"]
    assert (config.mode, config.port, config.max_inflight) == ("streaming", 8080, 0)
    assert (config.read_timeout_s, config.write_timeout_s, config.exec_timeout_s) == (30, 30, 30)
    assert config.healthcheck_interval_s == 1
    assert config.content_type == "application/octet-stream"
    assert config.lock_path == "/tmp/.lock"
    assert config.prefix_logs


def test_no_process_is_refused() -> None:
    with pytest.raises(ConfigError, match="fprocess: is not set"):
        Config({})


def test_function_process_and_http_upstream_url_win() -> None:
    config = Config(
        {"fprocess": "a", "function_process": "b", "upstream_url": "c", "http_upstream_url": "d"}
    )

    assert config.command == ["b"]
    assert config.upstream_url == "d"


def test_a_command_is_split_as_of_watchdog_does_it() -> None:
    assert Config({"fprocess": 'sh -c "a  b"'}).command == ["sh", "-c", '"a', "", 'b"']


def test_a_command_may_be_a_json_list() -> None:
    assert Config({"fprocess": '["sh", "-c", "a b"]'}).command == ["sh", "-c", "a b"]


@pytest.mark.parametrize("text", ["[", "[]", '["a", 1]', "[a]"])
def test_what_begins_like_a_list_must_be_one(text: str) -> None:
    assert problems(fprocess=text) == [
        "fprocess: begins like a JSON list but is no list of strings"
    ]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("30", 30), ("0", 0), ("1m30s", 90), ("500ms", 0.5), (".5h", 1800), ("2us", 2e-6),
     ("1.5s", 1.5), ("0s", 0), ("1h1m1s", 3661)],
)  # fmt: skip
def test_durations_are_gos_or_seconds(text: str, seconds: float) -> None:
    assert duration_s(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "-1s", "-1", "1", "soon", "1x", "1.2.3s", ".s", "s", "1m30", "١s", " 1s", "1e3s"]
)
def test_what_is_no_duration_is_none(text: str) -> None:
    assert (duration_s(text) is None) == (text != "1")


def test_a_duration_longer_than_anybody_writes_is_none() -> None:
    """A caller's X-Timeout of 60 KB held up all other requests for 60 ms."""
    assert duration_s("1s" * 32) == pytest.approx(32)
    assert duration_s("1s" * 33) is None
    assert duration_s("1" * 65) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("port", "0"), ("port", "65536"), ("port", "http"), ("port", "²"),
        ("exec_timeout", "soon"), ("read_timeout", "-1s"), ("healthcheck_interval", "1 s"),
        ("write_timeout", "0"), ("max_inflight", "-1"), ("max_inflight", "many"),
        ("prefix_logs", "perhaps"), ("suppress_lock", "2"), ("log_buffer_size", "64k"),
        ("content_type", "a\r\nb: c"), ("ready_path", "ready"), ("ready_path", "/a b"),
        ("mode", "static"), ("mode", "afterburn"), ("jwt_auth", "true"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_used_is_refused_by_name(name: str, value: str) -> None:
    (problem,) = problems(**{name: value})

    assert problem.startswith(f"{name}: ")


def test_all_problems_are_named_at_once() -> None:
    named = {line.partition(":")[0] for line in problems(port="x", mode="y", exec_timeout="z")}

    assert named == {"port", "mode", "exec_timeout"}


def test_an_empty_value_is_the_default() -> None:
    config = Config({"fprocess": "cat", "exec_timeout": "", "mode": "", "port": "", "TMPDIR": ""})

    assert (config.exec_timeout_s, config.mode, config.port) == (30, "streaming", 8080)


def test_the_lock_file_is_in_tmpdir() -> None:
    assert Config({"fprocess": "cat", "TMPDIR": "/alloc/tmp"}).lock_path == "/alloc/tmp/.lock"


@pytest.mark.parametrize(
    ("text", "limit"), [("-1", LOG_LINE_MAX), ("100", 100), ("9999999", LOG_LINE_MAX)]
)
def test_log_lines_have_a_limit_in_any_case(text: str, limit: int) -> None:
    assert Config({"fprocess": "cat", "log_buffer_size": text}).log_line_limit == limit


@pytest.mark.parametrize("name", ["buffer_http", "http_buffer_req_body"])
def test_both_names_ask_for_a_measured_body(name: str) -> None:
    assert Config({"fprocess": "cat", name: "true"}).buffer_body
