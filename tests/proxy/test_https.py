"""Callers over TLS are carried as those without."""

import asyncio
import ssl
from pathlib import Path

from faas_nomad.proxy.certificate import Certificate, CertificateFiles
from faas_nomad.proxy.limits import ProxyLimits
from proxy.conftest import running_proxy
from proxy.origin import origin
from proxy.wire import Wire
from support.certificates import make_authority

LARGE = b"x" * (1 << 20)
UPLOAD = b"POST /function/f HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n" % len(LARGE) + LARGE


async def test_large_bodies_go_both_ways_and_the_function_knows_of_tls(tmp_path: Path) -> None:
    authority = make_authority(tmp_path)
    issued = authority.issue("server")
    files = CertificateFiles(str(issued.cert_file), str(issued.key_file))
    trust = ssl.create_default_context(cafile=str(authority.ca_file))
    protos: list[list[str]] = []

    async def echo(wire: Wire) -> None:
        for _ in range(2):
            message = await wire.read_message()
            protos.append(message.values("x-forwarded-proto"))
            head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(message.body)
            await wire.send(head + message.body)

    async with (
        origin(echo) as function,
        running_proxy("unused", ProxyLimits(), certificate=Certificate(files)) as proxy,
    ):
        proxy.publish(function.port)
        reader, writer = await asyncio.open_connection("localhost", proxy.port, ssl=trust)
        for _ in range(2):
            writer.write(UPLOAD)
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 200 OK")
            assert await reader.readexactly(len(LARGE)) == LARGE
        writer.close()
        await writer.wait_closed()

    assert protos == [["https"], ["https"]]
