"""What the environment asks of the watchdog. Pure.

The names and defaults are of-watchdog's (its config/config.go), with these differences:

- A value that cannot be read stops the start, naming it; of-watchdog takes its default instead.
- `healthcheck_interval` is 1 s unless set (of-watchdog: `write_timeout`). Nomad deregisters an
  allocation before it signals it, so that waiting for a balancer's next check only delays a stop.
- `fprocess` is split on single spaces, without quoting; a JSON list of strings is taken as it is.
- `upstream_url` may be left out, or name port 0: a free port is then chosen and handed to the
  function in `PORT` and `upstream_url`, so that many functions fit on one node.
- `suppress_lock` takes the lock file out of `/_/health`; of-watchdog answers 503 for ever.
- `bind_address` is ours; the modes static, afterburn and inproc and `jwt_auth` are refused.
- There is no metrics listener.
"""

from __future__ import annotations

from collections.abc import Mapping

MODES = ("streaming", "serializing", "http")
UNITS_S = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
TRUE_WORDS = ("1", "t", "true")
FALSE_WORDS = ("0", "f", "false", "")
LOG_LINE_LIMIT = 65536  # Go's bufio.MaxScanTokenSize, of-watchdog's default
LOG_LINE_MAX = 1 << 20
DURATION_LIMIT = 64
DURATION_FORM = "expected seconds or a Go duration such as 1m30s"


class ConfigError(Exception):
    """The environment cannot be obeyed; one line for each value, naming it."""


class Config:
    """The settings of one watchdog; `problems` is what stands against using them."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        """Read `environ`.

        Raises:
            ConfigError: Some values cannot be used; all of them are named.
        """
        self._environ = environ
        self._problems: list[str] = []
        self.port = self._number("port", 8080, 1, 65535)
        self.bind_address = environ.get("bind_address", "")
        self.replica = environ.get("NOMAD_ALLOC_ID", "")
        self.mode = environ.get("mode") or "streaming"
        self.command = self._command()
        self.upstream_url = environ.get("http_upstream_url") or environ.get("upstream_url") or ""
        self._read_timeouts()
        self.max_inflight = self._number("max_inflight", 0, 0, 1_000_000)
        self.content_type = self._header_value("content_type", "application/octet-stream")
        self.ready_path = self._ready_path()
        self.buffer_body = self._flag("buffer_http") or self._flag("http_buffer_req_body")
        self._read_logging()
        self.suppress_lock = self._flag("suppress_lock")
        self.lock_path = (environ.get("TMPDIR") or "/tmp") + "/.lock"  # noqa: S108 (Go's os.TempDir)
        self._refuse_what_is_not_done()
        if self._problems:
            raise ConfigError("\n".join(self._problems))

    def _read_timeouts(self) -> None:
        self.read_timeout_s = self._duration("read_timeout", 30.0)
        self.write_timeout_s = self._duration("write_timeout", 30.0)
        self.exec_timeout_s = self._duration("exec_timeout", 30.0)
        self.healthcheck_interval_s = self._duration("healthcheck_interval", 1.0)
        if self.write_timeout_s == 0:
            self._problem("write_timeout", "0 is refused: a stop waits this long for requests")

    def _read_logging(self) -> None:
        self.prefix_logs = self._flag("prefix_logs", default=True)
        self.log_call_id = self._flag("log_callid")
        limit = self._number("log_buffer_size", LOG_LINE_LIMIT, -1, 1 << 30)
        self.log_line_limit = LOG_LINE_MAX if limit < 1 else min(limit, LOG_LINE_MAX)

    def _refuse_what_is_not_done(self) -> None:
        if self.mode not in MODES:
            self._problem("mode", f"{self.mode!r} is not one of {', '.join(MODES)}")
        if self._flag("jwt_auth"):
            self._problem("jwt_auth", "is not done by this watchdog: use of-watchdog, or unset it")

    def _problem(self, name: str, what: str) -> None:
        self._problems.append(f"{name}: {what}")

    def _command(self) -> list[str]:
        text = self._environ.get("function_process") or self._environ.get("fprocess") or ""
        if not text:
            self._problem("fprocess", "is not set: the command that is the function")
            return []
        if not text.startswith("["):
            return text.split(" ")
        import json  # costs 5 ms of start that only this form pays

        try:
            words = json.loads(text)
        except ValueError:
            words = None
        if isinstance(words, list) and words and all(isinstance(word, str) for word in words):
            return words
        self._problem("fprocess", "begins like a JSON list but is no list of strings")
        return []

    def _number(self, name: str, default: int, low: int, high: int) -> int:
        text = self._environ.get(name) or str(default)
        sign, digits = (-1, text[1:]) if text.startswith("-") else (1, text)
        if digits.isascii() and digits.isdigit() and low <= sign * int(digits[:12]) <= high:
            return sign * int(digits[:12])
        self._problem(name, f"{text!r} is not a number from {low} to {high}")
        return default

    def _duration(self, name: str, default_s: float) -> float:
        text = self._environ.get(name)
        if not text:
            return default_s
        seconds = duration_s(text)
        if seconds is None:
            self._problem(name, f"{text!r}: {DURATION_FORM}")
            return default_s
        return seconds

    def _flag(self, name: str, *, default: bool = False) -> bool:
        text = self._environ.get(name)
        if text is None:
            return default
        if text.lower() not in TRUE_WORDS + FALSE_WORDS:
            self._problem(name, f"{text!r} is neither true nor false")
        return text.lower() in TRUE_WORDS

    def _header_value(self, name: str, default: str) -> str:
        text = self._environ.get(name) or default
        if not (text.isascii() and text.isprintable()):
            self._problem(name, f"{text!r} cannot stand in a header")
        return text

    def _ready_path(self) -> str:
        text = self._environ.get("ready_path", "")
        if text and not (text.startswith("/") and text.isascii() and " " not in text):
            self._problem("ready_path", f"{text!r} is no path that begins with /")
        return self._header_value("ready_path", "") if text else ""


def duration_s(text: str) -> float | None:
    """Return the seconds that `text` says (`30`, `1m30s`, `.5h`), or None if it says none."""
    if len(text) > DURATION_LIMIT:  # callers send them too, and each part costs a look at the rest
        return None
    if text.isascii() and text.isdigit():
        return float(text[:12])
    if text == "0":
        return 0.0
    total_s = 0.0
    rest = text
    while rest:
        number = _leading(rest, "0123456789.")
        unit = _leading(rest[len(number) :], "nuµmsh")
        if unit not in UNITS_S or number.count(".") > 1 or not number.strip("."):
            return None
        total_s += float(number) * UNITS_S[unit]
        rest = rest[len(number) + len(unit) :]
    return total_s if text else None


def _leading(text: str, alphabet: str) -> str:
    return text[: len(text) - len(text.lstrip(alphabet))]
