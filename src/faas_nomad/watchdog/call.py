"""A request on its way through the watchdog, and what is known of its answer."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable

from .client import Client
from .errors import HttpError
from .exchange import Exchange, Limits
from .head import Headers
from .replies import plain_answer
from .request import Request

BUFFER_LIMIT = 1 << 26  # bytes of a body, or an answer, that is held in memory where one must be

Handler = Callable[["Call"], Awaitable[None]]


class Call:
    """A request on its way through the watchdog."""

    def __init__(self, client: Client, request: Request, limits: Limits) -> None:
        self.client = client
        self.request = request
        self.limits = limits
        self.started = time.monotonic()
        self.exchange: Exchange | None = None
        self.status = 0  # of the answer, once it is decided
        self.size = 0  # bytes of its body
        self.report: Callable[[Call], None] | None = None  # told when all is over
        self.must_close = False  # the answer's end is the connection's end

    def closing(self) -> bool:
        """Tell whether the connection ends with this answer, as far as is known now."""
        return self.must_close or not self.request.keep_alive or self.client.stopping()

    def is_read(self) -> bool:
        """Tell whether the request was read to its end."""
        return self.exchange.upload.done if self.exchange else self.request.body_length == 0

    def duration_header(self) -> tuple[str, str]:
        """Return the header that says how long the function took up to now."""
        return ("X-Duration-Seconds", f"{time.monotonic() - self.started:.6f}")

    async def receive(self, limit: int) -> bytes:
        """Return the whole body.

        Raises:
            HttpError: It is longer than `limit`.
        """
        client, request = self.client, self.request
        body = request.decoder()
        payload = bytearray(body.feed(client.take_buffer()))
        await client.encourage(request, bool(payload))
        while not body.done:
            if len(payload) > limit or (request.body_length or 0) > limit:
                raise HttpError(413, f"a body over {limit} bytes, which this mode holds in memory")
            payload += body.feed(await client.receive(self.limits))
        client.buffer += body.rest
        return bytes(payload)

    async def reply(self, status: int, text: str = "", headers: Headers | None = None) -> None:
        """Send a whole answer of the watchdog's own."""
        self.status, self.size = status, len(text)
        fields = [*(headers or []), self.duration_header()]
        if self.closing():
            fields.append(("Connection", "close"))
        head_only = self.request.method == "HEAD"
        await self.client.write(plain_answer(status, text, fields, head_only=head_only))
