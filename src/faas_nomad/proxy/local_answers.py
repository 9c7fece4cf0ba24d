"""Answers that the proxy gives itself, as bytes. Pure.

`X-OpenFaaS-Internal: proxy` tells them from a function's own (faas-provider `proxy/proxy.go`).
"""

from http import HTTPStatus

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_ALLOW = b"Allow: GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD\r\n"


def local_answer(
    status: int,
    text: str,
    *,
    keep: bool,
    trace: bytes = b"",
    to_head: bool = False,
    is_http11: bool = True,
) -> bytes:
    """Return a whole response with the one line `text`; `trace` as from the tracer.

    `keep`: the connection stays open after it.
    """
    connection = b"" if keep else b"Connection: close\r\n"
    if keep and not is_http11:
        connection = b"Connection: keep-alive\r\n"
    body = text.encode("latin-1", "replace") + b"\n"
    return b"".join(
        (
            b"HTTP/1.1 %d %b%b\r\n" % (status, HTTPStatus(status).phrase.encode("ascii"), trace),
            b"Content-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n",
            b"X-OpenFaaS-Internal: proxy\r\n",
            _ALLOW if status == HTTPStatus.METHOD_NOT_ALLOWED else b"",
            connection,
            b"Content-Length: %d\r\n\r\n" % len(body),
            b"" if to_head else body,
        )
    )


def json_answer(body: bytes, *, keep: bool, is_http11: bool) -> bytes:
    """Return a whole 200 with `body`, which is JSON; `keep`: the connection stays open after it."""
    connection = b"" if keep else b"Connection: close\r\n"
    if keep and not is_http11:
        connection = b"Connection: keep-alive\r\n"
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%bContent-Length: %d\r\n\r\n"
    return head % (connection, len(body)) + body
