"""A token is renewed in time, and a failure brings the next try closer."""

import pytest
from structlog.testing import capture_logs

from faas_nomad.clients.errors import BackendError, DeniedError, UnreachableError
from faas_nomad.tasks.token_renewal import failed_pause_s, keep_token_alive, renewal_pause_s


class ScriptedToken:
    """Ends each refresh in the given way: seconds left, None for ever, or an error."""

    def __init__(self, *ends: float | BackendError | None) -> None:
        self.ends = list(ends)

    async def refresh(self) -> float | None:
        end = self.ends.pop(0)
        if isinstance(end, BackendError):
            raise end
        return end


class Stopped(BaseException):
    """Ends the endless task."""


async def run(token: ScriptedToken) -> list[float]:
    pauses_s: list[float] = []

    async def sleep(pause_s: float) -> None:
        pauses_s.append(pause_s)
        if not token.ends:
            raise Stopped

    with pytest.raises(Stopped):
        await keep_token_alive(token, sleep, lambda: 1.0)
    return pauses_s


async def test_a_token_is_renewed_when_two_thirds_are_over() -> None:
    assert await run(ScriptedToken(90.0, 30.0, None)) == [60.0, 20.0, 3600.0]


def test_a_token_about_to_end_is_renewed_soon_but_not_at_once() -> None:
    assert renewal_pause_s(0.0) == 0.5
    assert renewal_pause_s(10.0**9) == 3600.0


async def test_failures_are_tried_again_ever_more_slowly_up_to_5_s() -> None:
    away = UnreachableError("away")

    assert await run(ScriptedToken(*[away] * 6, 90.0)) == [0.5, 1.0, 2.0, 4.0, 5.0, 5.0, 60.0]


def test_instances_do_not_try_in_step() -> None:
    assert failed_pause_s(3, 0.0) == 1.0
    assert failed_pause_s(10**6, 1.0) == 5.0


async def test_a_row_of_failures_is_logged_once_and_its_end_too() -> None:
    with capture_logs() as logs:
        await run(ScriptedToken(DeniedError("revoked"), DeniedError("revoked"), 9.0))

    assert [line["log_level"] for line in logs] == ["warning", "info"]
    assert logs[0]["reason"] == "revoked"
