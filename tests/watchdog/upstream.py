"""A function for the http mode that answers in good and in bad ways; each path is one of them."""

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator

OK = b"HTTP/1.1 200 OK\r\n"
Headers = dict[str, str]


def say(text: str) -> None:
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def wait_for(gate: str) -> None:
    while not os.path.exists(os.environ[gate]):
        time.sleep(0.005)


def whole(body: bytes) -> bytes:
    return (
        OK
        + b"Content-Length: %d\r\nConnection: x-upstream-hop\r\nX-Upstream-Hop: 1\r\n\r\n%b"
        % (
            len(body),
            body,
        )
    )


class Exchange:
    """One connection."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.reader = sock.makefile("rb")

    def serve(self) -> None:
        with self.sock:
            while self.one():
                pass

    def one(self) -> bool:
        raw = b""
        while not raw.endswith(b"\r\n\r\n"):
            line = self.reader.readline()
            if not line:
                return False
            raw += line
        lines = raw.decode("latin-1").split("\r\n")
        method, target, _ = lines[0].split(" ")
        fields = (line.partition(":") for line in lines[1:] if line)
        headers = {name.lower(): value.strip() for name, _, value in fields}
        name = target.removeprefix("/base").split("?")[0].strip("/").split("/")[0]
        answer = getattr(self, "do_" + name.replace("-", "_"), self.do_literal)
        return bool(answer(method, raw, headers, name))

    def body(self, headers: Headers) -> bytes:
        if headers.get("transfer-encoding") == "chunked":
            return b"".join(self.chunks())
        return self.reader.read(int(headers.get("content-length", 0)))

    def chunks(self) -> Iterator[bytes]:
        while size := int(self.reader.readline(), 16):
            yield self.reader.read(size)
            self.reader.readline()
        self.reader.readline()

    def do_echo(self, method: str, raw: bytes, headers: Headers, name: str) -> bool:
        answer = whole(raw + self.body(headers))
        self.sock.sendall(
            answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else answer
        )
        return True

    def do_pid(self, *_: object) -> bool:
        self.sock.sendall(whole(b"%d" % os.getpid()))
        return True

    def do_peer(self, *_: object) -> bool:
        self.sock.sendall(whole(b"%d" % self.sock.getpeername()[1]))
        return True

    def do_say(self, *_: object) -> bool:
        sys.stdout.write("to stdout\n")
        sys.stdout.flush()
        say("to stderr")
        self.sock.sendall(whole(b""))
        return True

    def do_then_close(self, method: str, raw: bytes, headers: Headers, name: str) -> bool:
        self.body(headers)
        self.sock.sendall(whole(b""))
        return False

    def do_events(self, *_: object) -> bool:
        self.sock.sendall(
            OK + b"Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        self.sock.sendall(b"9\r\ndata: 1\n\n\r\n")
        wait_for("gate")
        self.sock.sendall(b"9\r\ndata: 2\n\n\r\n0\r\n\r\n")
        return True

    def do_by_chunk(self, *_: object) -> bool:
        self.sock.sendall(OK + b"Transfer-Encoding: chunked\r\n\r\n")
        for chunk in self.chunks():
            self.sock.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        self.sock.sendall(b"0\r\n\r\n")
        return True

    def do_upgrade(self, *_: object) -> bool:
        head = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n"
        self.sock.sendall(head)
        while (line := self.reader.readline()) not in (b"", b"bye\n"):
            self.sock.sendall(line)
        return False

    def do_hang(self, *_: object) -> bool:
        say("hanging")
        if not self.sock.recv(1):
            say("peer has left")
        return False

    def do_die(self, *_: object) -> bool:
        self.sock.sendall(whole(b""))
        os._exit(7)

    def do_endless_head(self, *_: object) -> bool:
        self.sock.sendall(OK + b"X: " + b"x" * 200_000)
        return False

    def do_literal(self, method: str, raw: bytes, headers: Headers, name: str) -> bool:
        answer, again = LITERAL[name]
        self.sock.sendall(answer)
        return again


LITERAL = {
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", True),
    "interim": (b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + whole(b"final"), True),
    "until-close": (OK + b"\r\nuntil the close", False),
    "chunked": (OK + b"Transfer-Encoding: chunked\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n", True),
    "short": (OK + b"Content-Length: 10\r\n\r\npart", False),
    "garbage": (b"what?\r\n\r\n", False),
    "two-framings": (OK + b"Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", False),
    "silent-close": (b"", False),
}


def stop(number: int, _: object) -> None:
    say(f"function got signal {number}")
    if "stubborn" not in os.environ:
        os._exit(0)


def go_on(number: int, _: object) -> None:
    say(f"function got signal {number} and goes on")


def main() -> None:
    signal.signal(signal.SIGTERM, stop)
    for number in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, go_on)
    if "start_gate" in os.environ:
        say("waiting at the gate")
        wait_for("start_gate")
    with socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=200) as listener:
        while True:
            sock, _ = listener.accept()
            threading.Thread(target=Exchange(sock).serve, daemon=True).start()


main()
