"""The service's own log: one line an event, text or JSON, to standard error."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING}
_OF_METHOD = {**LEVELS, "warn": logging.WARNING}


class Threshold:
    """A processor that drops what is below a level, which may change while serving."""

    def __init__(self) -> None:
        self.level = logging.INFO

    def __call__(
        self, _logger: Any, method: str, event: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        """Return the event. Raises: structlog.DropEvent when it is below the level."""
        if _OF_METHOD.get(method, logging.ERROR) < self.level:
            raise structlog.DropEvent
        return event


_threshold = Threshold()


def configure_logs(level: str, form: str) -> None:
    """Set up structlog for `level` (debug … error) and `form` (`text` or `json`)."""
    set_level(level)
    renderer: structlog.typing.Processor = structlog.processors.JSONRenderer()
    if form == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    structlog.configure(
        processors=[
            _threshold,
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def set_level(level: str) -> None:
    """Log what is at least `level` (debug … error) from now on."""
    _threshold.level = LEVELS.get(level, logging.ERROR)
