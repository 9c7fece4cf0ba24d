"""A reader of `/system/logs` in a thread of its own, as a user follows logs."""

import http.client
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

Json = dict[str, Any]


@dataclass
class LogReader:
    """What has come so far: each message with the time at which it came, in Unix nanoseconds."""

    messages: list[Json] = field(default_factory=list)
    came_ns: list[int] = field(default_factory=list)
    status: int = 0
    content_type: str = ""
    has_ended: bool = False
    """The service has ended the stream in order."""
    failure: str = ""

    @property
    def texts(self) -> list[str]:
        return [message["text"] for message in self.messages]

    def has(self, text: str) -> bool:
        """Say whether a line that ends with `text` has come."""
        return any(line.endswith(text) for line in self.texts)


@contextmanager
def following(url: str, **query: Any) -> Iterator[LogReader]:
    """Follow until the block ends, then leave."""
    reader = LogReader()
    address = urlsplit(url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port)
    connection.connect()
    own_end: socket.socket = connection.sock
    asked = "/system/logs?" + urlencode({"follow": "true", **query})
    thread = threading.Thread(target=_read, args=(connection, asked, reader), daemon=True)
    thread.start()
    try:
        yield reader
    finally:
        with suppress(OSError):
            own_end.shutdown(socket.SHUT_RDWR)
        thread.join(15)
        assert not thread.is_alive()
        connection.close()


def _read(connection: http.client.HTTPConnection, asked: str, reader: LogReader) -> None:
    try:
        connection.request("GET", asked)
        got = connection.getresponse()
        reader.content_type = got.getheader("content-type", "")
        reader.status = got.status
        held = b""
        while piece := got.read1(1 << 20):
            *lines, held = (held + piece).split(b"\n")
            now_ns = time.time_ns()
            for line in lines:
                reader.came_ns.append(now_ns)
                reader.messages.append(json.loads(line))
        reader.has_ended = got.isclosed()
    except (OSError, http.client.HTTPException) as err:
        reader.failure = repr(err)
