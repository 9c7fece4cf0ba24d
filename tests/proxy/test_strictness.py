"""One framing, decided once: what two readers could take for different messages goes nowhere."""

import asyncio

import pytest

from proxy.conftest import Proxy, StartProxy
from proxy.wire import Wire, origin, request, response, until

GET = b"GET /function/f HTTP/1.1\r\n"
POST = b"POST /function/f HTTP/1.1\r\nHost: a\r\n"

REFUSED_REQUESTS = {
    "length and coding": POST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
    "two lengths": POST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    "two equal lengths": POST + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
    "list of equal lengths": POST + b"Content-Length: 3, 3\r\n\r\nabc",
    "signed length": POST + b"Content-Length: +3\r\n\r\nabc",
    "hexadecimal length": POST + b"Content-Length: 0x3\r\n\r\nabc",
    "empty length": POST + b"Content-Length:\r\n\r\nabc",
    "length over 64 bits": POST + b"Content-Length: 99999999999999999999\r\n\r\nabc",
    "unknown coding": POST + b"Transfer-Encoding: gzip\r\n\r\nabc",
    "coding before chunked": POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding after chunked": POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
    "chunked twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
    "chunked list": POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked with a parameter": POST + b"Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n",
    "quoted chunked": POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "vertical tab in coding": POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": POST.replace(b"1.1", b"1.0") + b"Transfer-Encoding: chunked\r\n\r\n",
    "space before colon": POST + b"Content-Length : 3\r\n\r\nabc",
    "tab before colon": POST + b"X\t: 3\r\n\r\n",
    "obsolete folding": POST + b"X: 1\r\n 2\r\n\r\n",
    "folding by tab": POST + b"X: 1\r\n\t2\r\n\r\n",
    "space before first field": GET + b" X: 1\r\nHost: a\r\n\r\n",
    "bare LF after request line": b"GET /function/f HTTP/1.1\nHost: a\r\n\r\n",
    "bare LF after field": POST + b"X: 1\nY: 2\r\n\r\n",
    "bare LFs only": b"GET /function/f HTTP/1.1\nHost: a\n\n",
    "bare CR in value": POST + b"X: 1\rY: 2\r\n\r\n",
    "bare CR as line end": POST + b"X: 1\r\rY: 2\r\n\r\n",
    "NUL in value": POST + b"X: a\x00b\r\n\r\n",
    "control character in value": POST + b"X: a\x01b\r\n\r\n",
    "NUL in target": b"GET /function/f\x00 HTTP/1.1\r\nHost: a\r\n\r\n",
    "space in target": b"GET /function/f /x HTTP/1.1\r\nHost: a\r\n\r\n",
    "tab in target": b"GET /function/f\tx HTTP/1.1\r\nHost: a\r\n\r\n",
    "fragment in target": b"GET /function/f#x HTTP/1.1\r\nHost: a\r\n\r\n",
    "raw UTF-8 in target": "GET /function/f/ä HTTP/1.1\r\nHost: a\r\n\r\n".encode(),
    "target without slash": b"GET function/f HTTP/1.1\r\nHost: a\r\n\r\n",
    "user in target": b"GET http://u@h/function/f HTTP/1.1\r\nHost: a\r\n\r\n",
    "asterisk target": b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    "two spaces in request line": b"GET  /function/f HTTP/1.1\r\nHost: a\r\n\r\n",
    "space after version": b"GET /function/f HTTP/1.1 \r\nHost: a\r\n\r\n",
    "no version": b"GET /function/f\r\nHost: a\r\n\r\n",
    "lower-case version": b"GET /function/f http/1.1\r\nHost: a\r\n\r\n",
    "no Host": GET + b"X: 1\r\n\r\n",
    "two Hosts": GET + b"Host: a\r\nHost: b\r\n\r\n",
    "empty name": POST + b": x\r\n\r\n",
    "line without colon": POST + b"X\r\n\r\n",
    "bracket in name": POST + b"X(: 1\r\n\r\n",
    "non-ASCII name": POST + b"\xc3\xa4: 1\r\n\r\n",
    "LF before request line": b"\nGET /function/f HTTP/1.1\r\nHost: a\r\n\r\n",
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


@pytest.mark.parametrize("data", REFUSED_REQUESTS.values(), ids=REFUSED_REQUESTS.keys())
async def test_an_ambiguous_or_malformed_request_is_400_and_goes_nowhere(
    proxy: Proxy, data: bytes
) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(data + request("/function/f/smuggled"))

        answer = await caller.read_message()
        assert answer.status == 400
        assert answer.value("Connection") == "close"
        assert await caller.rest() == b""
        assert replica.connections == 0
        assert proxy.stats.refused == {400: 1}


@pytest.mark.parametrize("version", [b"HTTP/0.9", b"HTTP/2.0"])
async def test_other_versions_are_505(proxy: Proxy, version: bytes) -> None:
    caller = await proxy.connect()
    await caller.send(b"GET /function/f %b\r\nHost: a\r\n\r\n" % version)

    assert (await caller.read_message()).status == 505


CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

REFUSED_CHUNKS = {
    "no size": b"\r\nabc\r\n",
    "negative size": b"-3\r\nabc\r\n",
    "prefixed size": b"0x3\r\nabc\r\n",
    "underscore in size": b"1_0\r\nabc\r\n",
    "space before size": b" 3\r\nabc\r\n",
    "space after size": b"3 \r\nabc\r\n",
    "size over 64 bits": b"fffffffffffffffff\r\nabc\r\n",
    "bare LF after size": b"3\nabc\r\n",
    "bare LF in extension": b"3;a\nb\r\nabc\r\n",
    "bare CR in extension": b"3;a\rb\r\nabc\r\n",
    "chunk longer than its size": b"3\r\nabcd\r\n",
    "bare LF after chunk": b"3\r\nabc\n",
    "endless extension": b"3;" + b"a" * 2000,
    "folded trailer": b"0\r\nX: 1\r\n 2\r\n\r\n",
    "trailer that is no field": b"0\r\nX\r\n\r\n",
    "framing in trailer": b"0\r\nContent-Length: 3\r\n\r\n",
    "endless trailer": b"0\r\n" + b"X: 1\r\n" * 2000,
}


@pytest.mark.parametrize("chunks", REFUSED_CHUNKS.values(), ids=REFUSED_CHUNKS.keys())
async def test_malformed_chunks_are_400_and_go_nowhere(proxy: Proxy, chunks: bytes) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(CHUNKED + chunks)

        assert (await caller.read_message()).status == 400
        assert await caller.rest() == b""
        assert replica.connections == 0


async def test_malformed_chunks_later_on_end_both_connections(proxy: Proxy) -> None:
    gone = asyncio.Event()

    async def until_end(wire: Wire) -> None:
        await wire.read_until(b"3\r\nabc\r\n")
        await wire.rest()
        gone.set()

    async with origin(until_end) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(CHUNKED + b"3\r\nabc\r\n")
        await until(lambda: replica.connections, "the first chunk is sent on")
        await caller.send(b"zz\r\n")

        assert (await caller.read_message()).status == 400
        await asyncio.wait_for(gone.wait(), 5)


HEAD = b"HTTP/1.1 200 OK\r\n"

REFUSED_RESPONSES = {
    "length and coding": HEAD + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\nok",
    "unknown coding": HEAD + b"Transfer-Encoding: gzip\r\n\r\nok",
    "coding before chunked": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "chunked in HTTP/1.0": b"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "obsolete folding": HEAD + b"X: 1\r\n 2\r\nContent-Length: 2\r\n\r\nok",
    "space before colon": HEAD + b"Content-Length : 2\r\n\r\nok",
    "bare LF": b"HTTP/1.1 200 OK\nContent-Length: 2\r\n\r\nok",
    "NUL in reason": b"HTTP/1.1 200 O\x00K\r\nContent-Length: 2\r\n\r\nok",
    "status of two digits": b"HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok",
    "status below 100": b"HTTP/1.1 099 OK\r\nContent-Length: 2\r\n\r\nok",
    "status above 599": b"HTTP/1.1 999 OK\r\nContent-Length: 2\r\n\r\nok",
    "another version": b"HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "no HTTP": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "101 that nobody asked for": b"HTTP/1.1 101 X\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n",
    "endless 1xx": b"HTTP/1.1 103 Early Hints\r\n\r\n" * 20,
    "endless head": HEAD + b"X: " + b"a" * 70_000 + b"\r\n\r\n",
    "head without an end": HEAD + b"X: " + b"a" * 70_000,
    "too many fields": HEAD + b"X: a\r\n" * 200 + b"\r\n",
}


@pytest.mark.parametrize("data", REFUSED_RESPONSES.values(), ids=REFUSED_RESPONSES.keys())
async def test_an_answer_that_could_be_read_in_two_ways_is_502(proxy: Proxy, data: bytes) -> None:
    async def hostile(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(data)
        await wire.rest()

    async with origin(hostile) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())

        answer = await caller.read_message()
        assert answer.status == 502
        assert answer.value("X-OpenFaaS-Internal") == "proxy"
        assert proxy.stats.upstream_errors == {"bad_answer": 1}
        assert proxy.codes() == {502: 1}
        await until(lambda: not proxy.stats.upstream_connections, "the connection is not kept")


async def test_more_than_the_answer_said_is_not_taken_for_the_next_one(proxy: Proxy) -> None:
    async with origin() as replica:
        replica.scripts = [replica.answering(response(b"ok") + response(b"smuggled"))]
        proxy.publish(replica.port)
        caller = await proxy.connect()
        for _ in range(3):
            await caller.send(request())
            assert (await caller.read_message()).body == b"ok"
        assert replica.connections == 3


async def test_bytes_on_an_unused_connection_end_it(proxy: Proxy) -> None:
    async def talkative(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(response(b"ok"))
        await until(lambda: proxy.codes() == {200: 1}, "the answer is over")
        await wire.send(response(b"smuggled"))
        await wire.rest()

    async with origin(talkative) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())
        await caller.read_message()

        await until(lambda: not proxy.stats.upstream_connections, "the connection is closed")


@pytest.mark.parametrize("later", [b"zz\r\n", b"3\r\nabcd\r\n", b"0\r\nHost: x\r\n\r\n"])
async def test_an_answer_that_breaks_its_chunks_is_cut(proxy: Proxy, later: bytes) -> None:
    async def hostile(wire: Wire) -> None:
        await wire.read_message()
        await wire.send(HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" + later)
        await wire.rest()

    async with origin(hostile) as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request())

        with pytest.raises((asyncio.IncompleteReadError, ConnectionResetError)):
            await caller.read_message()


async def test_a_head_that_is_too_long_is_431(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_head_bytes=1000)
    caller = await proxy.connect()
    await caller.send(request("/function/f", "X: " + "a" * 1000))

    assert (await caller.read_message()).status == 431
    assert proxy.stats.limits == {"head": 1}


async def test_a_head_without_an_end_is_431(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_head_bytes=1000)
    caller = await proxy.connect()
    await caller.send(b"GET /function/f HTTP/1.1\r\nX: " + b"a" * 1000)

    assert (await caller.read_message()).status == 431


async def test_too_many_fields_are_431(start_proxy: StartProxy) -> None:
    proxy = await start_proxy(max_fields=10)
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(request("/function/f", *("X: 1",) * 9))
        assert (await caller.read_message()).status == 200
        await caller.send(request("/function/f", *("X: 1",) * 10))

        assert (await caller.read_message()).status == 431
        assert proxy.stats.limits == {"fields": 1}


async def test_empty_lines_before_a_request_are_skipped(proxy: Proxy) -> None:
    async with origin() as replica:
        proxy.publish(replica.port)
        caller = await proxy.connect()
        await caller.send(b"\r\n\r\n\r\n" + request())
        assert (await caller.read_message()).status == 200
        await caller.send(b"\r\n")
        await caller.send(b"\r\n" + request())

        assert (await caller.read_message()).status == 200
