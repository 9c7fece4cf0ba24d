"""Callers that wait for 100 before they send a body, and interim answers."""

from proxy.conftest import Proxy
from proxy.message import request, response
from proxy.origin import echo, origin


async def test_expect_is_answered_once_there_is_a_replica(proxy: Proxy) -> None:
    async with origin(echo) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        data = request("/function/f", "Expect: 100-continue", method="POST", body=b"abc")
        await caller.send(data[:-3])
        assert (await caller.read_message(without_body=True)).status == 100
        await caller.send(data[-3:])

        assert (await caller.read_message()).body == b"abc"
        await caller.send(data)  # a caller that does not wait needs no 100
        assert (await caller.read_message()).body == b"abc"


async def test_expect_gets_the_refusal_instead_and_then_the_end(proxy: Proxy) -> None:
    proxy.publish()
    caller = await proxy.connect()
    data = request("/function/f", "Expect: 100-continue", method="POST", body=b"abc")
    await caller.send(data[:-3])

    answer = await caller.read_message()
    assert answer.status == 503
    assert answer.value("Connection") == "close"
    assert await caller.rest() == b""


async def test_another_expectation_is_417(proxy: Proxy) -> None:
    caller = await proxy.connect()
    await caller.send(request("/function/f", "Expect: a-miracle"))

    assert (await caller.read_message()).status == 417


async def test_interim_answers_are_dropped(proxy: Proxy) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    async with origin() as replica:
        replica.scripts = [
            replica.answering(b"HTTP/1.1 100 Continue\r\n\r\n" + hints + response(b"ok"))
        ]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(2):
            await caller.send(request())
            assert (await caller.read_message()).body == b"ok"
        assert replica.connections == 1
