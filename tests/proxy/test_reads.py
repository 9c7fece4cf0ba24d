"""Reads whose answer is rendered already are answered without the control plane."""

import pytest

from proxy.conftest import Proxy
from proxy.message import request

STATUS = b"/system/function/f"


async def test_a_rendered_read_is_answered_at_once_and_the_connection_stays(proxy: Proxy) -> None:
    proxy.rendered[STATUS] = b'{"name":"f"}'
    caller = await proxy.connect()

    await caller.send(request(STATUS.decode()) * 3)

    for _ in range(3):
        answer = await caller.read_message()
        assert (answer.status, answer.body) == (200, b'{"name":"f"}')
        assert answer.value("Content-Type") == "application/json"
    assert proxy.stats.control.started == 0


async def test_a_connection_that_is_to_close_is_closed_after_it(proxy: Proxy) -> None:
    proxy.rendered[STATUS] = b"{}"
    caller = await proxy.connect()

    await caller.send(b"GET %b HTTP/1.0\r\n\r\n" % STATUS)

    assert (await caller.rest()).endswith(b"\r\n\r\n{}")


@pytest.mark.parametrize(
    "sent",
    [
        request("/system/function/g"),
        request(STATUS.decode(), method="DELETE"),
        b"GET %b HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx" % STATUS,
    ],
    ids=["not rendered", "another method", "with a body"],
)
async def test_anything_else_is_asked_of_the_control_plane(proxy: Proxy, sent: bytes) -> None:
    proxy.rendered[STATUS] = b"{}"
    caller = await proxy.connect()

    await caller.send(sent)

    assert (await caller.read_message()).status == 503
    assert proxy.stats.control.started == 1
