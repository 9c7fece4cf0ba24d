"""The log's level may change while serving."""

import structlog

from faas_nomad.logs import configure_logs, set_level


def test_a_level_set_later_holds_for_loggers_that_spoke_before(capsys) -> None:  # type: ignore[no-untyped-def]
    configured = structlog.get_config()
    try:
        configure_logs("info", "json")
        log = structlog.get_logger()
        log.debug("unheard")
        log.info("first")
        set_level("debug")
        log.debug("second")
        set_level("error")
        log.warning("unheard")
        log.error("third")
    finally:
        structlog.configure(**configured)

    said = capsys.readouterr().err
    assert [word for word in ("unheard", "first", "second", "third") if word in said] == [
        "first",
        "second",
        "third",
    ]
