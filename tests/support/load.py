"""A steady load of requests for tests, sent by the Go program in `tests/stack/sdk`."""

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.go_sdk import environment_with

MAX_DURATION_S = 110.0
REQUEST_WITHIN_S = 15.0


@dataclass(frozen=True)
class Span:
    """When answers of one version or instance came, in Unix seconds."""

    answers: int
    first_ended_s: float
    last_started_s: float
    last_ended_s: float


@dataclass
class Report:
    """A load run summed up; `repeated` counts requests which the client itself sent again."""

    requests: int = 0
    failed: int = 0
    repeated: int = 0
    duration_s: float = 0.0
    statuses: Mapping[str, int] = field(default_factory=dict)
    failures: Sequence[str] = ()
    versions: Mapping[str, Span] = field(default_factory=dict)
    instances: Mapping[str, Span] = field(default_factory=dict)
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    max_ms: float = 0.0


@contextmanager
def load(
    sdk: Path,
    url: str,
    *,
    rate: float,
    methods: Sequence[str],
    duration_s: float = MAX_DURATION_S,
    ca_file: str = "",
) -> Iterator[Report]:
    """Send `rate` requests a second to the echo function at `url` while the block runs.

    The report is filled in when the block has ended.
    """
    plan = {
        "methods": list(methods),
        "body": "load",
        "rate": rate,
        "duration_s": duration_s,
        "timeout_s": REQUEST_WITHIN_S,
        "max_in_flight": 256,
    }
    report = Report()
    process = subprocess.Popen(
        [str(sdk), "load"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment_with(ca_file),
    )
    with process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(json.dumps({"url": url, "load": plan}).encode())
        process.stdin.close()
        process.stdin = None
        assert process.stderr.readline() == b"started\n"
        try:
            yield report
        finally:
            process.send_signal(signal.SIGINT)
            answered, _ = process.communicate(timeout=REQUEST_WITHIN_S + 10)
    vars(report).update(_read(json.loads(answered)))


def _read(answer: dict[str, Any]) -> dict[str, Any]:
    spans = {
        key: {name: Span(**span) for name, span in answer[key].items()}
        for key in ("versions", "instances")
    }
    return {**answer, **spans}
