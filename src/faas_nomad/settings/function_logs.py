"""The settings of functions' logs: bounds on what readers may cost; their own are the defaults."""

from dataclasses import dataclass

from faas_nomad.operations.function_logs.bounds import LogBounds
from faas_nomad.settings.kinds import size, whole
from faas_nomad.settings.spec import setting

_DEFAULTS = LogBounds()


@dataclass(frozen=True, slots=True)
class FunctionLogSettings:
    """What reading functions' logs may cost."""

    buffer_bytes: int = setting(
        "logs_buffer",
        _DEFAULTS.buffer_bytes,
        size(65_536, 1 << 30),
        "Newest log messages kept of each function that is read; older ones are not sent",
    )
    history_bytes: int = setting(
        "logs_history",
        _DEFAULTS.history_bytes,
        size(4096, 1 << 30),
        "Newest bytes read of each output of a replica, before what comes new",
    )
    line_bytes: int = setting(
        "max_log_line",
        _DEFAULTS.line_bytes,
        size(256, 1 << 20),
        "Longest line of a function's logs; longer ones are broken",
    )
    max_functions: int = setting(
        "max_log_functions",
        _DEFAULTS.max_functions,
        whole(1, 10_000),
        "Most functions whose logs are read at the same time",
    )
    max_readers: int = setting(
        "max_log_readers", _DEFAULTS.max_readers, whole(1, 100_000), "Most readers of logs"
    )
    max_ended_replicas: int = setting(
        "max_log_ended_replicas",
        _DEFAULTS.max_ended_replicas,
        whole(0, 10_000),
        "Replicas that have ended and are read too, the newest",
    )
    max_connections: int = setting(
        "max_log_connections",
        40,
        whole(2, 10_000),
        "Most connections to Nomad for logs, two for each replica that is followed; "
        "Nomad takes 100 from one address unless told otherwise",
    )
