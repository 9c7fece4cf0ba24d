"""Answers that end at their head, whatever it says."""

import pytest

from proxy.conftest import Proxy
from proxy.message import request
from proxy.origin import origin


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
    ],
)
async def test_an_answer_to_head_has_no_body(proxy: Proxy, answer: bytes) -> None:
    async with origin() as replica:
        replica.scripts = [replica.answering(answer)]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(2):
            await caller.send(request(method="HEAD"))
            message = await caller.read_message(without_body=True)
            assert message.status == 200
        assert message.value("Content-Length") in (None, "1000")
        assert replica.connections == 1


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
@pytest.mark.parametrize("line", ["X: 1", "Content-Length: 5", "Transfer-Encoding: chunked"])
async def test_204_and_304_have_no_body(proxy: Proxy, status: str, line: str) -> None:
    async with origin() as replica:
        answer = f"HTTP/1.1 {status}\r\n{line}\r\n\r\n".encode()
        replica.scripts = [replica.answering(answer)]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(2):
            await caller.send(request())
            message = await caller.read_message(without_body=True)
            assert message.start_line == f"HTTP/1.1 {status}"
        assert replica.connections == 1
        if status.startswith("204"):
            assert message.value("Content-Length") is None
            assert message.value("Transfer-Encoding") is None
