"""A TCP cable between the service and Nomad: it counts the requests, and can be cut and mended."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

_REQUEST_LINE_END = b" HTTP/1.1\r\n"
_CHUNK_BYTES = 65536


class Cable:
    """Carries bytes both ways between `address` and the server while it is whole."""

    def __init__(self, server_url: str) -> None:
        self._server = _host_and_port(server_url)
        self._ends: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._listener = _listen(0)
        self._port = int(self._listener.getsockname()[1])
        self._is_cut = False
        self.requests = 0
        self._accept_in_background()

    @property
    def address(self) -> str:
        """The URL to use in place of the server's."""
        return f"http://127.0.0.1:{self._port}"

    def cut(self) -> None:
        """Refuse new connections and break all present ones."""
        self._is_cut = True
        with self._guard:
            ends, self._ends = self._ends, set()
        _close(self._listener)
        for end in ends:
            _close(end)

    def lead_to(self, server_url: str) -> None:
        """Lead to another server from the next connection on."""
        self._server = _host_and_port(server_url)

    def mend(self) -> None:
        """Carry again after `cut`; a whole cable stays as it is."""
        if self._is_cut:
            self._is_cut = False
            self._listener = _listen(self._port)
            self._accept_in_background()

    def _accept_in_background(self) -> None:
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return  # cut
            self._connect(client)

    def _connect(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._server, timeout=5)
        except OSError:
            _close(client)
            return
        server.settimeout(None)
        with self._guard:
            self._ends |= {client, server}
        for source, sink, count in ((client, server, True), (server, client, False)):
            threading.Thread(target=self._carry, args=(source, sink, count), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket, count: bool) -> None:
        with suppress(OSError):
            while chunk := source.recv(_CHUNK_BYTES):
                if count:
                    self.requests += chunk.count(_REQUEST_LINE_END)
                sink.sendall(chunk)
        for end in (source, sink):
            with self._guard:
                self._ends.discard(end)
            _close(end)


@contextmanager
def cable_to(server_url: str) -> Iterator[Cable]:
    """Lay a cable to the server for as long as the block runs."""
    cable = Cable(server_url)
    try:
        yield cable
    finally:
        cable.cut()


def _host_and_port(url: str) -> tuple[str, int]:
    target = urlsplit(url)
    assert target.hostname is not None
    assert target.port is not None
    return target.hostname, target.port


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(64)
    return listener


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
