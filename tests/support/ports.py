"""TCP ports of this machine where nothing listens at the moment."""

import socket
from contextlib import ExitStack


def free_ports(count: int) -> list[int]:
    """Return that many TCP ports of 127.0.0.1 which are free at the moment."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for held in sockets:
            held.bind(("127.0.0.1", 0))
        return [int(held.getsockname()[1]) for held in sockets]


def free_port() -> int:
    """Return one of them."""
    return free_ports(1)[0]
