"""What a replica had sent before its connection broke, and nobody has read.

A write that fails closes the transport at once, on both event loops. What has come by then is left
unread, and mostly it says why: a replica that answers 413 and leaves, while the body still comes.
"""

import asyncio
import os
import socket
from collections.abc import Iterator

_READ_BYTES = 65_536
_MAX_READS = 16
"""They are done in one turn of the loop."""


def last_bytes(transport: asyncio.Transport) -> Iterator[bytes]:
    """Yield it, within `connection_lost`; nothing over TLS, where it would have to be decrypted."""
    sock = transport.get_extra_info("socket")
    if sock is None or transport.get_extra_info("sslcontext") is not None:
        return
    try:
        with socket.socket(fileno=os.dup(sock.fileno())) as copy:
            for _ in range(_MAX_READS):
                data = copy.recv(_READ_BYTES, socket.MSG_DONTWAIT)
                if not data:
                    return
                yield data
    except OSError:
        return  # it is reset, or closed already
