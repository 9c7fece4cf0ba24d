"""Part 4, what HTTP/1.1 asks of a proxy beside refusing."""

import asyncio

from matrix.case import Case, Play, Stage, expect, expect_status
from proxy.message import request, response
from proxy.wire import Wire

PART = "Messages"
UNTIL_CLOSE = b"HTTP/1.1 200 OK\r\n\r\nhello"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"


async def _hop_by_hop(stage: Stage) -> None:
    stage.answering(response(b"ok", "Connection: keep-alive, X-In", "X-In: 1", "Keep-Alive: a"))
    answer = await stage.ask(
        "Connection: keep-alive, X-Private",
        "Keep-Alive: timeout=5",
        "Proxy-Authorization: Basic eA==",
        "TE: trailers",
        "X-Private: 1",
        "X-Public: 2",
    )
    (sent,) = stage.requests
    names = {name.lower() for name, _ in sent.fields}
    expect("x-public" in names, "took away too much")
    found = names & {"keep-alive", "proxy-authorization", "te", "x-private"}
    expect(not found, f"passed on {', '.join(sorted(found))}")
    found = {name.lower() for name, _ in answer.fields} & {"keep-alive", "x-in"}
    expect(not found, f"passed back {', '.join(sorted(found))}")


async def _named_framing(stage: Stage) -> None:
    stage.answering(response(b"ok"))
    await stage.ask("Connection: content-length, host", method="POST", body=b"abc")
    (sent,) = stage.requests
    expect(sent.body == b"abc", "the body lost its length")
    expect(sent.value("Host"), "Host is gone")


async def _forwarded(stage: Stage) -> None:
    stage.answering(response(b"ok"))
    await stage.ask("X-Forwarded-For: 10.0.0.1")
    listed = ", ".join(stage.requests[0].values("X-Forwarded-For")).replace(" ", "")
    expect(listed == "10.0.0.1,127.0.0.1", f"the list is {listed or 'empty'}")


async def _pipelined(stage: Stage) -> None:
    async def by_path(wire: Wire) -> None:
        while True:
            message = await wire.read_message()
            await wire.send(response(message.start_line.split(" ")[1].encode()))

    stage.following(by_path)
    caller = await stage.send(b"".join(request(f"/function/f/{n}") for n in range(20)))
    for number in range(20):
        answer = await caller.read_message()
        expect(answer.body == b"/%d" % number, f"answer {number} is {answer.body[:20]!r}")


def _http_1_0(answer: bytes) -> Play:
    async def play(stage: Stage) -> None:
        stage.answering(answer, keep=False)
        caller = await stage.send(b"GET /function/f HTTP/1.0\r\n\r\n")
        head, _, body = (await caller.rest()).partition(b"\r\n\r\n")
        expect(b" 200" in head.splitlines()[0], f"answer {head[9:12].decode()}")
        expect(body == b"hello", f"the body is {body[:20]!r}")

    return play


async def _expect(stage: Stage) -> None:
    bodies: list[bytes] = []

    async def inviting(wire: Wire) -> None:
        head = await wire.read_message(without_body=True)
        if head.value("Expect"):  # the proxy leaves the invitation to the function
            await wire.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        bodies.append(await wire.body_of(head))
        await wire.send(response(b"ok"))
        await wire.rest()

    stage.following(inviting)
    data = request("/function/f", "Expect: 100-continue", method="POST", body=b"abc")
    caller = await stage.send(data[:-3])
    expect((await caller.read_message(without_body=True)).status == 100, "no 100")
    await caller.send(data[-3:])
    expect_status(await caller.read_message(), 200)
    expect(bodies == [b"abc"], "the body is not whole")


def _answer_to_head(answer: bytes) -> Play:
    async def play(stage: Stage) -> None:
        stage.answering(answer, keep=b"Content-Length" in answer)
        caller = await stage.connect()
        for _ in range(2):
            await caller.send(request(method="HEAD"))
            expect_status(await caller.read_message(without_body=True), 200)

    return play


def _bodyless(status: str, line: str) -> Play:
    async def play(stage: Stage) -> None:
        stage.answering(f"HTTP/1.1 {status}\r\n{line}\r\n\r\n".encode())
        caller = await stage.connect()
        for _ in range(2):
            await caller.send(request())
            message = await caller.read_message(without_body=True)
            expect_status(message, int(status[:3]))

    return play


async def _byte_by_byte(stage: Stage) -> None:
    async def slow(wire: Wire) -> None:
        stage.replica.requests.append(await wire.read_message())
        for byte in b"HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 2\r\n\r\nok":
            await wire.send(bytes([byte]))
            await asyncio.sleep(0.001)
        await wire.rest()

    stage.following(slow)
    caller = await stage.connect()
    head = request("/function/f", "Transfer-Encoding: chunked", method="POST")
    for byte in head + b"2\r\nab\r\n4\r\ncdef\r\n0\r\n\r\n":
        await caller.send(bytes([byte]))
        await asyncio.sleep(0.001)
    expect((await caller.read_message()).body == b"ok", "the answer is not whole")
    expect(stage.requests[0].body == b"abcdef", "the request is not whole")


async def _early_answer(stage: Stage) -> None:
    async def early(wire: Wire) -> None:
        await wire.read_message(without_body=True)
        await wire.send(response(b"no", status="413 Too Large"))
        await wire.rest()

    stage.following(early)
    caller = await stage.send(request(method="POST", body=b"x" * 100_000)[:1000])
    expect_status(await caller.read_message(), 413)


async def _half_closed(stage: Stage) -> None:
    async def thinking(wire: Wire) -> None:
        await wire.read_message()
        await asyncio.sleep(0.1)
        await wire.send(response(b"ok"))
        await wire.rest()

    stage.following(thinking)
    caller = await stage.send(request(method="POST", body=b"abc"))
    caller.send_eof()
    expect((await caller.read_message()).body == b"ok", "the answer is not whole")


async def _interim(stage: Stage) -> None:
    hints = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"
    stage.answering(hints + response(b"ok"))
    caller = await stage.send(request())
    answer = await caller.read_message(without_body=True)
    if answer.status == 103:
        answer = await caller.read_message(without_body=True)
    expect_status(answer, 200)


async def _empty_lines(stage: Stage) -> None:
    stage.answering(response(b"ok"))
    caller = await stage.send(b"\r\n" + request())
    expect_status(await caller.read_message(), 200)


async def _one_after_the_other(stage: Stage) -> None:
    stage.answering(response(b"ok"))
    caller = await stage.connect()
    for _ in range(10):
        await caller.send(request(method="POST", body=b"abc"))
        expect_status(await caller.read_message(), 200)
    expect(stage.replica.connections == 1, f"{stage.replica.connections} connections")


CASES = (
    Case(PART, "hop-by-hop fields, and those named in Connection", "end here", _hop_by_hop),
    Case(PART, "Connection names Content-Length and Host", "both go on", _named_framing),
    Case(PART, "X-Forwarded-For", "the caller joins the list", _forwarded),
    Case(PART, "20 pipelined requests", "answered in order", _pipelined),
    Case(PART, "HTTP/1.0, body until close", "plain body, then close", _http_1_0(UNTIL_CLOSE)),
    Case(PART, "HTTP/1.0, chunked body", "plain body, then close", _http_1_0(CHUNKED)),
    Case(PART, "Expect: 100-continue", "100, then the answer", _expect),
    Case(
        PART,
        "HEAD, Content-Length 1000",
        "head only, connection goes on",
        _answer_to_head(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"),
    ),
    Case(
        PART,
        "HEAD, chunked",
        "head only, connection goes on",
        _answer_to_head(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    ),
    *(
        Case(PART, f"{status}, {line}", "no body, connection goes on", _bodyless(status, line))
        for status in ("204 No Content", "304 Not Modified")
        for line in ("X: 1", "Content-Length: 5", "Transfer-Encoding: chunked")
    ),
    Case(PART, "head and body byte by byte, both ways", "arrive whole", _byte_by_byte),
    Case(PART, "an answer before the body has come", "arrives", _early_answer),
    Case(PART, "a caller that closes its sending side", "gets the answer", _half_closed),
    Case(PART, "103 before the answer", "the answer arrives", _interim),
    Case(PART, "an empty line before a request", "skipped", _empty_lines),
    Case(PART, "ten requests, one after the other", "one connection", _one_after_the_other),
)
