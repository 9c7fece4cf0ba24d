"""Every call that changes something or fails is one line with its id."""

import json
from collections.abc import Callable, Iterator
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
import structlog

from faas_nomad.api import call_log
from faas_nomad.api.call_log import ids_of
from faas_nomad.logs import configure_logs
from faas_nomad.translate.usage import Usage
from support.control_plane import ControlPlane

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Iterator[Lines]:
    """Give all that was logged, as JSON."""
    before, written = structlog.get_config(), StringIO()
    configure_logs("info", "json")
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(written), cache_logger_on_first_use=False
    )
    monkeypatch.setattr(call_log, "log", structlog.get_logger())  # it may have spoken before
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    structlog.configure(**before)


async def test_a_change_is_logged_with_the_callers_id_and_trace(
    plane: ControlPlane, lines: Lines
) -> None:
    headers = {"X-Call-Id": "abc-1", "traceparent": PARENT}
    body = {"service": "a", "image": "i"}

    answer = await plane.client.post("/system/functions?x=secret", json=body, headers=headers)

    assert answer.headers["X-Call-Id"] == "abc-1"
    [line] = [line for line in lines() if line["event"] == "call"]
    told = {key: line[key] for key in ("call_id", "trace_id", "method", "path", "status", "level")}
    assert told == {
        "call_id": "abc-1",
        "trace_id": TRACE,
        "method": "POST",
        "path": "/system/functions",
        "status": 202,
        "level": "info",
    }
    assert "secret" not in json.dumps(line)


async def test_a_call_without_an_id_gets_one_and_reads_say_nothing(
    plane: ControlPlane, lines: Lines
) -> None:
    answer = await plane.client.get("/system/info")

    assert UUID(answer.headers["X-Call-Id"]).version == 4
    assert [line for line in lines() if line["event"] == "call"] == []


async def test_a_failure_is_logged_with_what_the_caller_was_told(
    plane: ControlPlane, lines: Lines
) -> None:
    plane.services.functions.picture.known.clear()

    answer = await plane.client.get("/system/functions")

    [line] = [line for line in lines() if line["event"] == "call"]
    assert (line["status"], line["level"]) == (503, "warning")
    assert answer.text == f"{line['why']}\n"


async def test_a_probe_that_finds_the_service_not_ready_is_no_failure(
    plane: ControlPlane, lines: Lines
) -> None:
    plane.services.functions.picture.known.clear()

    assert (await plane.client.get("/readyz")).status_code == 503
    assert [line for line in lines() if line["event"] == "call"] == []


async def test_a_mistake_of_ours_is_logged_with_the_way_to_it(
    plane: ControlPlane, lines: Lines
) -> None:
    def fail(_key: object) -> Usage | None:
        raise RuntimeError("a mistake of ours")

    plane.services.rendered.usage = fail
    await plane.client.post("/system/functions", json={"service": "a", "image": "i"})

    with pytest.raises(RuntimeError):
        await plane.client.get("/system/function/a?usage=1", headers={"X-Call-Id": "abc-2"})

    [line] = [line for line in lines() if line["event"] == "a call failed"]
    assert (line["call_id"], line["level"]) == ("abc-2", "error")
    assert "a mistake of ours" in line["exception"]


@pytest.mark.parametrize("given", [b"", b"a b", b"a\x1b[31m", b"x" * 129, "ü".encode(), b"{{x}}"])
def test_an_id_that_could_spoil_the_log_is_replaced(given: bytes) -> None:
    assert UUID(ids_of([(b"x-call-id", given)])["call_id"]).version == 4


@pytest.mark.parametrize(
    "given", ["", "x", PARENT[:-1], PARENT.upper(), f"00-{'0' * 32}-00f067aa0ba902b7-01"]
)
def test_what_is_no_trace_is_left_out(given: str) -> None:
    assert "trace_id" not in ids_of([(b"traceparent", given.encode())])
