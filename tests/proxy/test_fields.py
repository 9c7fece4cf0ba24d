import re

import pytest

from proxy.conftest import Proxy
from proxy.message import Message, request, response
from proxy.origin import origin

UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


async def exchange(
    proxy: Proxy, *lines: str, answer: bytes = response(b"ok")
) -> tuple[Message, Message]:
    """Return the request that the replica got and the answer that the caller got."""
    async with origin() as replica:
        replica.scripts = [replica.answering(answer)]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request("/function/f", *lines))
        got = await caller.read_message()
        return replica.requests[0], got


async def test_the_function_learns_who_called(proxy: Proxy) -> None:
    sent, _ = await exchange(proxy)

    assert sent.value("Host") == "example.test"
    assert sent.value("X-Forwarded-For") == "127.0.0.1"
    assert sent.value("X-Forwarded-Host") == "example.test"
    assert sent.value("X-Forwarded-Proto") == "http"
    assert sent.value("X-Faas-Nomad-Address") is None


async def test_a_proxy_in_front_keeps_its_say(proxy: Proxy) -> None:
    sent, _ = await exchange(
        proxy,
        "x-forwarded-for: 10.0.0.1",
        "X-Forwarded-Host: public.test",
        "X-Forwarded-For: 10.0.0.2",
        "X-Forwarded-Proto: https",
    )

    assert sent.value("X-Forwarded-For") == "10.0.0.1, 10.0.0.2, 127.0.0.1"
    assert sent.value("X-Forwarded-Host") == "public.test"
    assert sent.value("X-Forwarded-Proto") == "https"


async def test_hop_by_hop_fields_end_here_and_all_others_go_on(proxy: Proxy) -> None:
    sent, _ = await exchange(
        proxy,
        "Connection: keep-alive, X-Private ,x-other",
        "Keep-Alive: timeout=5",
        "Proxy-Connection: keep-alive",
        "Proxy-Authorization: Basic eA==",
        "TE: trailers",
        "Upgrade: h2c",
        "X-Private: 1",
        "X-OTHER: 2",
        "X-Private: 3",
        "Authorization: Bearer t",
        "Cookie: a=b",
        "X-Faas-Nomad-Address: gateway",
        "X-Empty:",
        "X-Odd:\t  spaced \t ",
    )

    names = {name.lower() for name, _ in sent.fields}
    assert names == {
        "host",
        "authorization",
        "cookie",
        "x-empty",
        "x-odd",
        "x-call-id",
        "x-start-time",
        "x-forwarded-for",
        "x-forwarded-host",
        "x-forwarded-proto",
    }


@pytest.mark.parametrize("named", ["content-length", "host", "transfer-encoding"])
async def test_connection_cannot_take_away_what_frames_the_message(
    proxy: Proxy, named: str
) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        data = request("/function/f", f"Connection: {named}", method="POST", body=b"abc")
        await caller.send(data)
        await caller.read_message()

        assert replica.requests[0].body == b"abc"
        assert replica.requests[0].value("Host") == "example.test"


async def test_a_trace_goes_through_untouched_in_both_directions(proxy: Proxy) -> None:
    lines = (
        "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "tracestate: congo=t61rcWkgMzE,rojo=00f067aa0ba902b7",
        "baggage: userId=alice,isProduction=false",
    )
    state = "traceresponse: 00-4bf92f3577b34da6a3ce929d0e0e4736-d75597dee50b0cac-00"

    sent, got = await exchange(proxy, *lines, answer=response(b"ok", state))

    for line in lines:
        name, _, value = line.partition(": ")
        assert sent.value(name) == value
    assert got.value("traceresponse") == state.partition(": ")[2]


async def test_a_call_gets_an_id_and_a_time(proxy: Proxy) -> None:
    sent, got = await exchange(proxy)

    assert UUID4.fullmatch(sent.value("X-Call-Id") or "")
    assert len(sent.value("X-Start-Time") or "") == 19
    assert got.value("X-Call-Id") == sent.value("X-Call-Id")
    assert got.value("X-Start-Time") == sent.value("X-Start-Time")
    assert float(got.value("X-Duration-Seconds") or "") >= 0


async def test_a_callers_own_id_and_time_are_kept(proxy: Proxy) -> None:
    sent, got = await exchange(proxy, "X-CALL-ID: mine", "x-start-time: 12")

    assert sent.value("X-Call-Id") == got.value("X-Call-Id") == "mine"
    assert sent.value("X-Start-Time") == got.value("X-Start-Time") == "12"


async def test_a_callers_own_id_goes_with_our_time(proxy: Proxy) -> None:
    sent, got = await exchange(proxy, "X-Call-Id: mine")

    assert sent.value("X-Call-Id") == got.value("X-Call-Id") == "mine"
    assert sent.value("X-Start-Time") == got.value("X-Start-Time")


async def test_what_the_function_says_of_itself_is_not_said_twice(proxy: Proxy) -> None:
    answer = response(b"ok", "x-call-id: its", "X-Duration-Seconds: 1.5")
    _, got = await exchange(proxy, answer=answer)

    assert got.value("X-Call-Id") == "its"
    assert got.value("X-Duration-Seconds") == "1.5"
    assert got.value("X-Start-Time") is not None


async def test_the_answers_hop_by_hop_fields_end_here(proxy: Proxy) -> None:
    answer = response(
        b"ok",
        "Connection: keep-alive, X-Internal",
        "Keep-Alive: timeout=5",
        "X-Internal: 1",
        "Set-Cookie: a=1",
        "Set-Cookie: b=2",
        "Location: /elsewhere",
        status="302 Found",
    )
    _, got = await exchange(proxy, answer=answer)

    assert got.start_line == "HTTP/1.1 302 Found"
    assert got.values("Set-Cookie") == ["a=1", "b=2"]
    assert got.value("Location") == "/elsewhere"
    for name in ("Connection", "Keep-Alive", "X-Internal"):
        assert got.value(name) is None


async def test_an_absolute_target_overrides_host(proxy: Proxy) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request("HTTP://public.test:81?q"))
        await caller.read_message()
        await caller.send(request("http://public.test:81/function/f"))
        await caller.read_message()

        assert replica.requests[0].value("Host") == "public.test:81"
        assert replica.requests[0].value("X-Forwarded-Host") == "public.test:81"


async def test_a_status_line_is_made_whole(proxy: Proxy) -> None:
    _, got = await exchange(proxy, answer=b"HTTP/1.0 200\r\nContent-Length: 2\r\n\r\nok")

    assert got.start_line == "HTTP/1.1 200 "
