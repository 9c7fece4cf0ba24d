"""Callers over TLS are carried as those without."""

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from faas_nomad.proxy.certificate import Certificate, CertificateFiles
from proxy.conftest import LIMITS, Proxy, running_proxy
from proxy.message import OFFER, SWITCH, request, response
from proxy.origin import origin
from proxy.wire import Wire
from support.certificates import make_authority
from support.waiting import until

LARGE = b"x" * (1 << 20)
UPLOAD = b"POST /function/f HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(LARGE) + LARGE


class Secure:
    """A data path that callers reach by TLS alone."""

    def __init__(self, proxy: Proxy, trust: ssl.SSLContext) -> None:
        self.proxy = proxy
        self._trust = trust

    async def reach(self) -> socket.socket:
        """Return a connection on which nothing was said."""
        sock = socket.socket()
        sock.setblocking(False)
        loop = asyncio.get_running_loop()
        await loop.sock_connect(sock, ("127.0.0.1", self.proxy.port))
        return sock

    async def connect(self, sock: socket.socket | None = None) -> Wire:
        """Return a caller's connection, made on `sock` if there is one."""
        sock = sock or await self.reach()
        reader, writer = await asyncio.open_connection(
            sock=sock, ssl=self._trust, server_hostname="localhost"
        )
        wire = Wire(reader, writer)
        self.proxy.callers.append(wire)
        return wire


@pytest.fixture
async def secure(tmp_path: Path) -> AsyncIterator[Secure]:
    authority = make_authority(tmp_path)
    issued = authority.issue("server")
    files = CertificateFiles(str(issued.cert_file), str(issued.key_file))
    trust = ssl.create_default_context(cafile=str(authority.ca_file))
    async with running_proxy("unused", LIMITS, certificate=Certificate(files)) as proxy:
        yield Secure(proxy, trust)


async def test_large_bodies_go_both_ways_and_the_function_knows_of_tls(secure: Secure) -> None:
    protos: list[list[str]] = []

    async def echo(wire: Wire) -> None:
        for _ in range(2):
            message = await wire.read_message()
            protos.append(message.values("x-forwarded-proto"))
            await wire.send(response(message.body))

    async with origin(echo) as function:
        secure.proxy.publish(function.port)
        caller = await secure.connect()
        for _ in range(2):
            await caller.send(UPLOAD)
            assert (await caller.read_message()).body == LARGE

    assert protos == [["https"], ["https"]]


async def test_callers_that_break_off_while_an_answer_comes_break_nothing_else(
    secure: Secure,
) -> None:
    troubles: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _loop, told: troubles.append(told))

    async def endless(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            await wire.send(b"x" * 100)
            await asyncio.sleep(0)

    async with origin(endless) as function:
        secure.proxy.publish(function.port)
        for _ in range(5):
            callers = [await secure.connect() for _ in range(20)]
            for caller in callers:
                await caller.send(request())
                await caller.read_until(b"\r\n\r\n")
            for caller in callers:
                caller.reset()
            await until(lambda: not secure.proxy.stats.clients, "they are gone")

    assert not troubles


async def test_a_caller_is_told_when_the_function_leaves_a_tunnel(secure: Secure) -> None:
    async def leaving(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        await wire.send(SWITCH + b"bye")

    async with origin(leaving) as function:
        secure.proxy.publish(function.port)
        caller = await secure.connect()
        await caller.send(OFFER)
        await caller.read_until(b"\r\n\r\n")

        assert await caller.rest() == b"bye"
        await until(lambda: not secure.proxy.stats.tunnels, "the tunnel is closed")


async def test_a_handshake_that_ends_late_does_not_hold_up_a_stop(secure: Secure) -> None:
    may_answer, is_asked = asyncio.Event(), asyncio.Event()

    async def slow(wire: Wire) -> None:
        await wire.read_message()
        is_asked.set()
        await may_answer.wait()
        await wire.send(response(b"late"))

    async with origin(slow) as function:
        secure.proxy.publish(function.port)
        caller = await secure.connect()
        await caller.send(request())
        begun = await secure.reach()
        await is_asked.wait()
        draining = asyncio.ensure_future(secure.proxy.path.drain(10.0))
        idle = await secure.connect(begun)
        may_answer.set()

        assert (await caller.read_message()).body == b"late"
        assert await idle.rest() == b""
        assert await draining
