"""The one request function: second tries, time limits, errors by status and text."""

import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest

from faas_nomad.clients.errors import (
    BackendError,
    ConflictError,
    DeniedError,
    InterruptedCallError,
    InvalidJobError,
    NotFoundError,
    RejectedError,
    UnreachableError,
)
from faas_nomad.clients.http import Backend
from faas_nomad.clients.tokens import FileToken, FixedToken, TokenSource

Answer = httpx.Response | Exception


class Script:
    """Gives scripted answers in order, the last one for ever, and keeps what was asked."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


Open = Callable[..., Backend]


@pytest.fixture
async def opened() -> AsyncIterator[Open]:
    clients: list[httpx.AsyncClient] = []

    def open_(script: Script, token: TokenSource | None = None, timeout_s: float = 0.3) -> Backend:
        client = httpx.AsyncClient(
            transport=httpx.MockTransport(script), base_url="http://nomad.example"
        )
        clients.append(client)
        return Backend(
            "Nomad",
            client,
            token or FixedToken("t"),
            token_header="X-Nomad-Token",
            timeout_s=timeout_s,
        )

    yield open_
    for client in clients:
        await client.aclose()


async def test_an_answer_is_returned_and_the_token_was_sent(opened: Open) -> None:
    script = Script(httpx.Response(200, json=[1]))

    answer = await opened(script).request("GET", "/v1/jobs", params={"prefix": "a"})

    assert answer.json() == [1]
    assert script.asked[0].headers["X-Nomad-Token"] == "t"
    assert script.asked[0].url.query == b"prefix=a"


async def test_no_token_means_no_header(opened: Open) -> None:
    script = Script(httpx.Response(200))

    await opened(script, FixedToken()).request("GET", "/")

    assert "X-Nomad-Token" not in script.asked[0].headers


async def test_a_broken_idle_connection_is_tried_again(opened: Open) -> None:
    script = Script(httpx.RemoteProtocolError("disconnected"), httpx.Response(200))

    await opened(script).request("GET", "/")

    assert len(script.asked) == 2


async def test_a_write_that_broke_off_is_not_repeated(opened: Open) -> None:
    script = Script(httpx.ReadError("reset"), httpx.Response(200))

    with pytest.raises(
        InterruptedCallError,
        match=r"Nomad at http://nomad\.example did not answer: ReadError reset",
    ):
        await opened(script).request("POST", "/v1/jobs", repeatable=False)
    assert len(script.asked) == 1


async def test_a_connection_that_ends_without_a_word_over_tls_is_told_with_its_likely_cause() -> (
    None
):
    script = Script(httpx.ReadError(""))
    said = {
        "https": r"did not answer: ReadError \(perhaps it refuses our client certificate\)$",
        "http": r"did not answer: ReadError$",
    }
    for scheme, words in said.items():
        transport = httpx.MockTransport(script)
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://n") as client:
            backend = Backend("Nomad", client, FixedToken(), token_header="X", timeout_s=1)
            with pytest.raises(InterruptedCallError, match=words):
                await backend.ask_once("GET", "/", timeout_s=1)


async def test_a_write_that_never_left_is_repeated(opened: Open) -> None:
    script = Script(httpx.ConnectError("refused"), httpx.Response(200))

    await opened(script).request("POST", "/v1/jobs", repeatable=False)

    assert len(script.asked) == 2


async def test_a_tls_alert_is_an_unreachable_back_end(opened: Open) -> None:
    script = Script(ssl.SSLError("certificate required"))

    with pytest.raises(UnreachableError, match="certificate required"):
        await opened(script).request("GET", "/", timeout_s=0.1)


async def test_a_leader_change_is_waited_out(opened: Open) -> None:
    script = Script(httpx.Response(500, text="No cluster leader"), httpx.Response(200))

    await opened(script).request("GET", "/")

    assert len(script.asked) == 2


async def test_after_the_time_limit_the_reason_is_told(opened: Open) -> None:
    script = Script(httpx.ConnectError("refused"))

    with pytest.raises(
        UnreachableError, match=r"Nomad at http://nomad\.example cannot be reached: refused"
    ):
        await opened(script).request("GET", "/", timeout_s=0.2)
    assert len(script.asked) >= 2


@pytest.mark.parametrize(
    ("status", "text", "error"),
    [
        (403, "Permission denied", DeniedError),
        (401, "", DeniedError),
        (404, "job not found", NotFoundError),
        (409, "", ConflictError),
        (500, "Enforcing job modify index 0: job already exists", ConflictError),
        (500, "1 error occurred:\n\t* bad", InvalidJobError),
        (500, "rpc error: whatever", RejectedError),
        (400, "bad", RejectedError),
    ],
)
async def test_an_error_answer_is_told_by_its_kind_on_one_line(
    opened: Open, status: int, text: str, error: type[BackendError]
) -> None:
    with pytest.raises(error) as caught:
        await opened(Script(httpx.Response(status, text=text))).request("GET", "/")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"Nomad answered {status}")


async def test_a_refused_token_is_read_anew_once(opened: Open, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("old\n")
    script = Script(httpx.Response(403), httpx.Response(200))
    token = FileToken(file, warn=lambda _: None)

    await opened(script, token).request("GET", "/")

    assert len(script.asked) == 2
