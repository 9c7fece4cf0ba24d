"""Fetches over HTTP with the standard library alone; every wait and every size is bounded.

Certificates are those of the system or of `SSL_CERT_FILE`, proxies those of `https_proxy`.
"""

import hashlib
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

from faas_nomad.tools.errors import SettingError, WayError
from faas_nomad.tools.progress import Progress, download_line

PIECE_BYTES = 256 * 1024


@dataclass(frozen=True)
class Patience:
    """How long to wait: for a server's answer, for each next piece, and for the whole of it.

    The first bound is on the whole of name look-up, connecting and redirects, because one name
    may stand for a dozen addresses, and a network that drops packets costs a time-out for each.
    """

    answer_s: float = 8.0
    stall_s: float = 20.0
    whole_s: float = 1800.0


PATIENCE = Patience()


class _NoDowngrade(urllib.request.HTTPRedirectHandler):
    """Follows redirects, except from https to something that anyone on the way can change."""

    def redirect_request(
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: object,
        newurl: str,
    ) -> urllib.request.Request | None:
        if req.full_url.startswith("https:") and not newurl.startswith("https:"):
            raise urllib.error.URLError(f"it redirects to {newurl}, which is not https")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def base_url(environ: Mapping[str, str], setting: str, default: str) -> str:
    """Return the address in `setting`, or `default`, without a slash at its end.

    Raises:
        SettingError: It is no http or https address, or has a password in it.
    """
    written = environ.get(setting, "") or default
    if "@" in written:
        raise SettingError(f"{setting}: expected an address without user and password")
    if not _is_web_address(written):
        raise SettingError(f"{setting}={written!r}: expected an http:// or https:// address")
    return written.rstrip("/")


def fetch_text(url: str, limit_bytes: int, patience: Patience = PATIENCE) -> str:
    """Return the text at `url`.

    Raises:
        WayError: There was no answer in time, it was no success, or it is over `limit_bytes`.
    """
    with _answer(url, patience) as response:
        body = b"".join(_pieces(response, url, limit_bytes, patience))
    return body.decode("utf-8", errors="replace")


def fetch_file(
    url: str,
    to: Path,
    *,
    sha256: str,
    limit_bytes: int,
    label: str,
    progress: Progress,
    patience: Patience = PATIENCE,
) -> None:
    """Write the file at `url` to `to`, showing a bar; on an error `to` may hold a part of it.

    Raises:
        WayError: As for `fetch_text`, or it ended early, or its SHA-256 is not `sha256`.
    """
    digest = hashlib.sha256()
    done_bytes, started_s = 0, progress.now_s()
    with _answer(url, patience) as response, to.open("wb") as out:
        total_bytes = response.length
        for piece in _pieces(response, url, limit_bytes, patience):
            digest.update(piece)
            out.write(piece)
            done_bytes += len(piece)
            elapsed_s = progress.now_s() - started_s
            progress.show(download_line(label, done_bytes, total_bytes, elapsed_s))
    progress.finish()
    if digest.hexdigest() != sha256.lower():
        raise WayError(f"{url}: SHA-256 is {digest.hexdigest()}, {sha256} was published")


def _is_web_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _pieces(
    response: HTTPResponse, url: str, limit_bytes: int, patience: Patience
) -> Iterator[bytes]:
    """Yield the body as it arrives, within the bounds on its size and on the time for all of it."""
    total_bytes = response.length
    done_bytes = 0
    deadline_s = time.monotonic() + patience.whole_s
    while piece := response.read1(PIECE_BYTES):
        done_bytes += len(piece)
        if done_bytes > limit_bytes:
            raise WayError(f"{url} is longer than {limit_bytes} bytes")
        if time.monotonic() > deadline_s:
            raise WayError(f"{url}: only {done_bytes} bytes came in {patience.whole_s:g} s")
        yield piece
    if total_bytes is not None and done_bytes < total_bytes:
        raise WayError(f"{url} ended after {done_bytes} of {total_bytes} bytes")


@contextmanager
def _answer(url: str, patience: Patience) -> Iterator[HTTPResponse]:
    """Open `url`; an error of the network inside the block names it in one line."""
    try:
        with _opened(url, patience) as response:
            yield response
    except urllib.error.HTTPError as err:
        err.close()
        raise WayError(f"{url} answered {err.code} {err.reason}") from err
    except (OSError, HTTPException) as err:
        raise WayError(f"{url}: {_plain(err)}") from err


def _opened(url: str, patience: Patience) -> HTTPResponse:
    """Open `url` in a thread, because a name look-up can be bounded in no other way."""
    answered: Future[HTTPResponse | OSError | HTTPException] = Future()
    args = (url, patience.stall_s, answered)
    threading.Thread(target=_ask, name=f"open {url}", args=args, daemon=True).start()
    try:
        answer = answered.result(patience.answer_s)
    except TimeoutError:
        if answered.cancel():
            raise TimeoutError(f"no answer in {patience.answer_s:g} s") from None
        answer = answered.result()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _ask(
    url: str, stall_s: float, answered: "Future[HTTPResponse | OSError | HTTPException]"
) -> None:
    """Open `url`; an answer that nobody waits for any more is closed."""
    answer: HTTPResponse | OSError | HTTPException
    try:
        answer = urllib.request.build_opener(_NoDowngrade).open(url, timeout=stall_s)
    except (OSError, HTTPException) as err:
        answer = err
    if answered.set_running_or_notify_cancel():
        answered.set_result(answer)
    elif isinstance(answer, HTTPResponse | urllib.error.HTTPError):
        answer.close()


def _plain(err: OSError | HTTPException) -> str:
    """Return what happened without Python's wrapping (`<urlopen error [Errno -2] …>`)."""
    cause = err.reason if isinstance(err, urllib.error.URLError) else err
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(cause).__name__
