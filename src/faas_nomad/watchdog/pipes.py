"""The pipes between the watchdog and a forked process: its stdin and its stdout."""

from __future__ import annotations

import os

from .call import Call
from .exchange import Exchange
from .loop import Loop
from .output import StreamedOutput


class Pipes(Exchange):
    """The exchange with a process; closes its stdin behind the request."""

    def __init__(self, call: Call, loop: Loop, output: StreamedOutput) -> None:
        self._loop = loop
        self.child_in, stdin = os.pipe()
        source, self.child_out = os.pipe()
        os.set_blocking(stdin, False)
        os.set_blocking(source, False)
        upload = call.request.decoder()
        super().__init__(call.client.fd, stdin, source, upload, output)
        self._stdin = stdin

    def uploaded(self) -> None:
        """Close the process's stdin."""
        self.sink = -1
        if self._stdin >= 0:
            self._loop.forget(self._stdin)
            os.close(self._stdin)
            self._stdin = -1

    def close_child_ends(self) -> None:
        """Close the ends that the process has now, or will never have."""
        os.close(self.child_in)
        os.close(self.child_out)

    def close(self) -> None:
        """Close this side's ends."""
        self.uploaded()
        self._loop.forget(self.source)
        os.close(self.source)
