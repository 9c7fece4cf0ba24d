"""Opening sockets: to listen on, and to the function."""

from __future__ import annotations

import errno
import os
import socket
import sys

from .errors import FunctionGoneError
from .exchange import Limits
from .loop import WRITE, Loop, Wait

Address = tuple[int, tuple[object, ...]]  # a family and what its sockets connect to


async def connect(address: Address, limits: Limits, loop: Loop) -> int:
    """Return the descriptor of a connection to `address`.

    Raises:
        FunctionGoneError: It is refused.
        TooLateError: It takes too long.
    """
    family, place = address
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        code = sock.connect_ex(place)
        if code == errno.EINPROGRESS:
            ready = await Wait({sock.fileno(): WRITE}, limits.answer)
            if not ready:
                raise limits.passed()
            code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise FunctionGoneError(f"the function takes no connection: {os.strerror(code)}")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock.detach()
    finally:
        if sock.fileno() >= 0:
            loop.forget(sock.fileno())
            sock.close()


def resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of `host`.

    Raises:
        OSError: It has none.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [(family, place) for family, _, _, _, place in found]


def free_port() -> int:
    """Return a port of the loopback address that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def claimed_port() -> tuple[int, int]:
    """Return a free port of the loopback address, and the descriptor that claims it while open.

    A function takes time until it listens. Another watchdog could choose the same port meanwhile,
    and each would take the first function that listens there for its own. An abstract name is
    seen where the port is: in the network namespace. Elsewhere than on Linux nothing is claimed.
    """
    while True:
        port = free_port()
        with socket.socket(socket.AF_UNIX) as claim:
            try:
                if sys.platform == "linux":
                    claim.bind(f"\0faas-nomad/port/{port}")
            except OSError as err:
                if err.errno != errno.EADDRINUSE:
                    raise
            else:
                return port, claim.detach()


def bound_socket(address: str, port: int) -> socket.socket:
    """Return a socket bound to `address`, to all of the node's when that is empty.

    Raises:
        OSError: The address is not the node's, or the port is taken.
    """
    if address and ":" not in address:
        return _bind(socket.AF_INET, address, port)
    try:
        return _bind(socket.AF_INET6, address or "::", port)
    except OSError as err:
        if address or err.errno == errno.EADDRINUSE:
            raise
        return _bind(socket.AF_INET, "", port)  # a node without IPv6


def _bind(family: int, address: str, port: int) -> socket.socket:
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind((address, port))
        sock.setblocking(False)
    except OSError:
        sock.close()
        raise
    return sock
