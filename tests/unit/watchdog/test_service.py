import os

import pytest

from faas_nomad.watchdog import sockets
from faas_nomad.watchdog.config import ConfigError
from faas_nomad.watchdog.service import Target


@pytest.mark.parametrize(
    ("url", "host", "port", "prefix"),
    [
        ("http://127.0.0.1:5000", "127.0.0.1", 5000, ""),
        ("http://localhost:5000/", "localhost", 5000, ""),
        ("http://f/a/b/", "f", 80, "/a/b"),
        ("http://[::1]:5000/a", "::1", 5000, "/a"),
    ],
)
def test_a_url_is_taken_apart(url: str, host: str, port: int, prefix: str) -> None:
    target = Target(url)

    assert (target.host, target.port, target.prefix) == (host, port, prefix)
    assert target.environment() == {}


@pytest.mark.parametrize("url", ["", "http://127.0.0.1:0/a"])
def test_a_port_is_chosen_and_told_where_none_is_named(url: str) -> None:
    target = Target(url)

    assert 0 < target.port < 65536
    assert target.environment()[b"PORT"] == b"%d" % target.port
    assert b":%d" % target.port in target.environment()[b"upstream_url"]
    os.close(target.claim)


def test_a_port_that_another_watchdog_has_chosen_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its function may not listen yet."""
    first = Target("")
    free = sockets.free_port()
    offered = iter([first.port, first.port, free])
    monkeypatch.setattr(sockets, "free_port", lambda: next(offered))

    second = Target("")

    assert second.port == free
    os.close(first.claim)
    os.close(second.claim)


@pytest.mark.parametrize(
    "url",
    ["localhost:5000", "https://h:1", "http://", "http://h:x", "http://h:70000", "http://:80"],
)
def test_a_url_of_another_form_is_refused_by_name(url: str) -> None:
    with pytest.raises(ConfigError, match="upstream_url"):
        Target(url)
