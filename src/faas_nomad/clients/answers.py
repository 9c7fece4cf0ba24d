"""What a back end's refusal or a broken call means: an error by status and text. Pure."""

import os
import socket
import ssl

import httpx

from faas_nomad.clients.errors import (
    BackendError,
    ConflictError,
    DeniedError,
    InvalidJobError,
    NotFoundError,
    RejectedError,
)

MAX_REASON_CHARS = 500
_WITH_WORDS_OF_THEIR_OWN = (ssl.SSLError, socket.gaierror)
"""Their numbers are none of the system's."""


def error_for(status: int, reason: str, right: str = "") -> BackendError:
    """Return the error that an answer stands for; `reason` becomes its text.

    A refusal also names the `right` that the call takes.

    Nomad answers 500 for a lost check-and-set on a job and for an invalid one, hence the look at
    the text (go-multierror's «1 error occurred:»).
    """
    folded = reason.lower()
    if status in (401, 403):
        return DeniedError(f"{reason} (the call takes {right})" if right else reason)
    if status == 404:
        return NotFoundError(reason)
    if status == 409 or "enforcing job modify index" in folded:
        return ConflictError(reason)
    if "error occurred:" in folded or "errors occurred:" in folded:
        return InvalidJobError(reason)
    return RejectedError(reason)


def reason_text(body: str) -> str:
    """Return what an error's body says, as one line; nothing of one that is JSON.

    Errors are plain text. JSON is an object of the API and may hold secrets: a variable's lost
    check-and-set is answered with the variable.
    """
    return "" if body.lstrip()[:1] in ("{", "[") else one_line(body)


def one_line(text: str) -> str:
    """Return `text` as one printable line of at most 500 characters."""
    folded = " ".join(text.split())
    printable = "".join(c if c.isprintable() else "?" for c in folded)
    return printable[:MAX_REASON_CHARS]


def not_connected(err: httpx.ConnectError) -> str:
    """Return why there is no connection: in the system's words, or in the library's."""
    cause: BaseException = err
    while (inner := cause.__cause__ or cause.__context__) is not None:
        cause = inner
    if isinstance(cause, OSError) and not isinstance(cause, _WITH_WORDS_OF_THEIR_OWN):
        return os.strerror(cause.errno) if cause.errno else one_line(str(err))
    return one_line(str(err))


def broken_off(err: Exception, scheme: str) -> str:
    """Return what ended a call; nothing of the call itself, which carries a token.

    A server refuses a client's certificate after the handshake (TLS 1.3). Where it closes while
    our request is on its way, the system throws away what it said of the reason.
    """
    text = "" if isinstance(err, httpx.LocalProtocolError) else one_line(str(err))
    said = f"{type(err).__name__} {text}".rstrip()
    is_wordless = isinstance(err, httpx.NetworkError) and not str(err)
    hint = " (perhaps it refuses our client certificate)"
    return f"{said}{hint}" if is_wordless and scheme == "https" else said
