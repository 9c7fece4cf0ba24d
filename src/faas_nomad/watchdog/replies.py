"""Answers of the watchdog's own: what they look like, and which status an error becomes."""

from __future__ import annotations

import time

from .errors import HttpError, TooLateError
from .head import Headers, head_bytes

REASONS = {
    200: "OK", 204: "No Content", 400: "Bad Request", 405: "Method Not Allowed",
    408: "Request Timeout", 413: "Content Too Large", 417: "Expectation Failed",
    421: "Misdirected Request", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 502: "Bad Gateway",
    503: "Service Unavailable", 504: "Gateway Timeout", 505: "HTTP Version Not Supported",
}  # fmt: skip
INTERNAL = (
    "X-OpenFaaS-Internal",
    "faas-nomad-watchdog",
)  # marks answers that are not the function's


def status_of(err: Exception) -> int:
    """Return the status of the answer to a call that failed with `err`."""
    if isinstance(err, HttpError):
        return err.status
    if isinstance(err, TooLateError):
        return 408 if err.what == "read_timeout" else 504
    return 502


def date() -> str:
    """Return the Date header's value for now."""
    return time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime())


def plain_answer(status: int, text: str, headers: Headers, *, head_only: bool = False) -> bytes:
    """Return a whole answer with a text of the watchdog's own."""
    fields = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(text.encode()))),
        ("Date", date()),
        *headers,
    ]
    head = head_bytes(f"HTTP/1.1 {status} {REASONS.get(status, '')}", fields)
    return head if head_only else head + text.encode()
