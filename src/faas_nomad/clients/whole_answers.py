"""One whole answer of a back end, bounded in time and in size, whatever it sends.

httpx's time limits hold for each piece alone, and it unpacks and decodes as the sender says: a body
that comes byte by byte, is of GB, or is text in «hex» has to be minded here.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Never

import httpx

from faas_nomad.clients.errors import UnexpectedReplyError

MAX_BODY_BYTES = 64 * 1024 * 1024
"""Ten times what is told of 3,000 replicas; unpacked too."""
MAX_INDEX_DIGITS = 18
ENCODINGS = "gzip"
"""One that makes at most a thousand bytes of one; others, or several in a row, make GB of KB."""
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
"""Half a character, unless the other half follows: text that cannot be sent or logged."""


@dataclass(frozen=True)
class Answer:
    """An answer as it came, but unpacked; it may hold secrets, and does not show them."""

    whose: str
    """For errors: `Nomad's answer to /v1/jobs`."""
    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The content, whatever its charset is said to be."""
        return self.content.decode(errors="replace")

    def json(self) -> Any:
        """Return what the content says. Raises: UnexpectedReplyError."""
        return json_value(self.content, self.whose)

    def index(self, name: str) -> int:
        """Return the index in the header `name`; nothing can be said of what is newer without.

        Raises:
            UnexpectedReplyError: There is none.
        """
        text = self.headers.get(name, "")
        if not text.isascii() or not text.isdigit() or len(text) > MAX_INDEX_DIGITS:
            raise UnexpectedReplyError(f"{self.whose} has no {name}")
        return int(text)


async def whole_answer(
    client: httpx.AsyncClient, request: httpx.Request, within_s: float, whose: str
) -> Answer:
    """Send the request, and read all that is answered.

    Raises:
        httpx.HTTPError, OSError: It was not answered; after `within_s` TimeoutError, an OSError.
        UnexpectedReplyError: The answer is too large, or packed as nobody asked for.
    """
    async with asyncio.timeout(within_s):
        response = await client.send(request, stream=True)
        try:
            body = await bounded_body(response, whose)
        finally:
            await response.aclose()
    return Answer(whose, response.status_code, response.headers, body)


async def bounded_body(response: httpx.Response, whose: str) -> bytes:
    """Return the body, unpacked. Raises: as `whole_answer`."""
    if response.headers.get("Content-Encoding", "").lower() not in ("", "identity", ENCODINGS):
        raise UnexpectedReplyError(f"{whose} has an encoding that nobody asked for")
    body = bytearray()
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) > MAX_BODY_BYTES:
            raise UnexpectedReplyError(f"{whose} has over {MAX_BODY_BYTES} bytes")
    return bytes(body)


def json_value(text: bytes, whose: str) -> Any:
    """Return what the JSON says; pure.

    Python's reader also takes NaN and Infinity, and gives up with errors of other kinds on what is
    nested a thousand deep or has thousands of digits. A number may still be infinite (1e999), which
    `shapes` refuses.

    Raises:
        UnexpectedReplyError: It is no JSON, or none that anybody would write.
    """
    try:
        found = json.loads(text, parse_constant=_refuse)
        if _SURROGATE.search(text):
            json.dumps(found, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as err:
        raise UnexpectedReplyError(f"{whose} is no JSON") from err
    return found


def _refuse(constant: str) -> Never:
    raise ValueError(f"{constant} is no JSON")
