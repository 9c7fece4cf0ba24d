"""Invocations: what reaches the function, and what comes back."""

import time

import httpx
import pytest

from support.functions import Functions

METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
PROXYS_OWN = "X-OpenFaaS-Internal"


@pytest.fixture(scope="module")
def echo(module_functions: Functions) -> str:
    """The name of an echo function that all tests here share."""
    return module_functions.deploy(module_functions.world.deployment("7"))


@pytest.mark.parametrize("method", METHODS)
def test_every_method_reaches_the_function(functions: Functions, echo: str, method: str) -> None:
    content = None if method in ("GET", "OPTIONS") else b"a body"

    seen = functions.echoed(echo, "/some/path", method=method, content=content)

    assert (seen["method"], seen["uri"]) == (method, "/some/path")
    assert seen["body"] == (content or b"").decode()
    assert seen["version"] == "7"


def test_head_is_answered_without_a_body(functions: Functions, echo: str) -> None:
    answer = functions.invoke(echo, method="HEAD")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/json"


def test_other_methods_are_refused(functions: Functions, echo: str) -> None:
    assert functions.invoke(echo, method="PROPFIND").status_code == 405


@pytest.mark.parametrize(
    ("rest", "uri"),
    [
        ("", "/"),
        ("/", "/"),
        ("/a/b/", "/a/b/"),
        ("/a//b", "/a//b"),
        ("/a%2Fb/%C3%A9%20?q=%2F&q=a+b&empty=&flag", "/a%2Fb/%C3%A9%20?q=%2F&q=a+b&empty=&flag"),
        ("?only=query", "/?only=query"),
        ("/?", "/?"),
    ],
)
def test_path_and_query_arrive_byte_for_byte(
    functions: Functions, echo: str, rest: str, uri: str
) -> None:
    assert functions.echoed(echo, rest)["uri"] == uri


@pytest.mark.parametrize("namespace", ["", "openfaas-fn"])
def test_the_official_client_invokes_by_name_and_namespace(
    functions: Functions, echo: str, namespace: str
) -> None:
    reply = functions.sdk.invoke(echo, body="from the client", namespace=namespace)

    assert reply.error == ""
    assert reply.result["status"] == 200
    assert '"body":"from the client"' in reply.result["body"]


def test_a_counted_body_keeps_its_length(functions: Functions, echo: str) -> None:
    body = b"0123456789" * 20_000

    seen = functions.echoed(echo, method="POST", content=body)

    assert (seen["length"], seen["body"]) == (len(body), body.decode())


def test_a_chunked_body_arrives_whole(functions: Functions, echo: str) -> None:
    chunks = [b"0123456789" * 1000 for _ in range(20)]

    answer = functions.http.post(functions.url(echo), content=iter(chunks))

    assert answer.json()["body"] == b"".join(chunks).decode()


def test_headers_arrive_except_those_of_the_connection(functions: Functions, echo: str) -> None:
    sent = {
        "X-Own": "value",
        "Authorization": "Bearer of-the-function",
        "Keep-Alive": "timeout=5",
        "X-Secret-Hop": "1",
        "Connection": "keep-alive, X-Secret-Hop",
        "X-Forwarded-For": "203.0.113.9",
    }

    seen = functions.echoed(echo, headers=sent)["headers"]

    assert seen["X-Own"] == ["value"]
    assert seen["Authorization"] == ["Bearer of-the-function"]
    assert not {"Keep-Alive", "X-Secret-Hop"} & set(seen)
    assert seen["X-Forwarded-For"] == ["203.0.113.9, 127.0.0.1"]
    assert seen["X-Forwarded-Host"] == [functions.service.gateway_url.removeprefix("http://")]


@pytest.mark.parametrize("status", [201, 204, 302, 400, 404, 418, 500, 503])
def test_a_functions_own_status_passes_through(
    functions: Functions, echo: str, status: int
) -> None:
    headers = {"X-Echo-Status": str(status), "X-Echo-Location": "/elsewhere"}

    answer = functions.invoke(echo, headers=headers)

    assert (answer.status_code, answer.headers["location"]) == (status, "/elsewhere")
    assert PROXYS_OWN not in answer.headers


def test_server_sent_events_arrive_one_by_one(functions: Functions, echo: str) -> None:
    headers = {"Accept": "text/event-stream", "X-Echo-Ticks": "4", "X-Echo-Delay-Ms": "250"}

    with functions.http.stream("GET", functions.url(echo), headers=headers) as answer:
        ticks = (line for line in answer.iter_lines() if line.startswith("data:"))
        arrived_s = [time.monotonic() for _ in ticks]

    assert len(arrived_s) == 4
    assert arrived_s[-1] - arrived_s[0] > 0.5


def test_an_answer_that_breaks_half_way_is_not_taken_for_a_whole_one(
    functions: Functions, echo: str
) -> None:
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        functions.invoke(echo, headers={"X-Echo-Abort": "1"})


def test_an_unknown_function_is_404_of_the_proxys_own(functions: Functions) -> None:
    answer = functions.invoke("no-such-function", "/path")

    assert answer.status_code == 404
    assert answer.headers[PROXYS_OWN] == "proxy"


def test_an_unknown_namespace_is_404(functions: Functions, echo: str) -> None:
    assert functions.invoke(f"{echo}.elsewhere").status_code == 404


def test_both_addresses_carry_invocations(functions: Functions, echo: str) -> None:
    answer = httpx.get(f"{functions.service.provider_url}/function/{echo}", timeout=10)

    assert answer.json()["version"] == "7"


def test_a_function_that_does_not_listen_yet_is_waited_for(functions: Functions) -> None:
    slow = functions.world.deployment(envVars={"START_DELAY_MS": "2000"})
    assert functions.sdk.deploy(slow).status == 202

    assert functions.invoke(slow["service"]).status_code == 200
    functions.sdk.delete(slow["service"])
