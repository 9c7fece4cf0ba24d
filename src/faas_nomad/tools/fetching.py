"""Fetches over HTTP with the standard library alone; every wait and every size is bounded.

Certificates are those of the system or of `SSL_CERT_FILE`, proxies those of `https_proxy`.
"""

import hashlib
import queue
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPException, HTTPResponse
from pathlib import Path
from typing import IO

from faas_nomad.tools.errors import WayError
from faas_nomad.tools.progress import Progress, download_line

CHUNK_BYTES = 256 * 1024
_DOWNLOAD_S = 1800.0


@dataclass(frozen=True)
class Patience:
    """How long to wait: `answer_s` for a server's first answer, `stall_s` for each next piece.

    The first bound is on the whole of name look-up, connecting and redirects, because one name
    may stand for a dozen addresses, and a network that drops packets costs a time-out for each.
    """

    answer_s: float = 8.0
    stall_s: float = 20.0


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


def fetch_text(url: str, limit_bytes: int, patience: Patience = PATIENCE) -> str:
    """Return the text at `url`.

    Raises:
        WayError: There was no answer in time, it was no success, or it is over `limit_bytes`.
    """
    with _answer(url, patience) as response:
        body = response.read(limit_bytes + 1)
    if len(body) > limit_bytes:
        raise WayError(f"{url} is longer than {limit_bytes} bytes")
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
    with _answer(url, patience) as response, to.open("wb") as out:
        for chunk in _chunks(response, url, limit_bytes, label, progress):
            digest.update(chunk)
            out.write(chunk)
    if digest.hexdigest() != sha256.lower():
        raise WayError(f"{url}: SHA-256 is {digest.hexdigest()}, {sha256} was published")


def _chunks(
    response: HTTPResponse, url: str, limit_bytes: int, label: str, progress: Progress
) -> Iterator[bytes]:
    total_bytes = response.length
    done_bytes = 0
    started_s = progress.now_s()
    while chunk := response.read(CHUNK_BYTES):
        done_bytes += len(chunk)
        elapsed_s = progress.now_s() - started_s
        if done_bytes > limit_bytes:
            raise WayError(f"{url} is longer than {limit_bytes} bytes")
        if elapsed_s > _DOWNLOAD_S:
            raise WayError(f"{url}: only {done_bytes} bytes came in {elapsed_s:.0f} s")
        progress.show(download_line(label, done_bytes, total_bytes, elapsed_s))
        yield chunk
    progress.finish()
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
    answers: queue.SimpleQueue[HTTPResponse | OSError | HTTPException] = queue.SimpleQueue()
    opener = urllib.request.build_opener(_NoDowngrade)

    def ask() -> None:
        try:
            answers.put(opener.open(url, timeout=patience.stall_s))
        except (OSError, HTTPException) as err:
            answers.put(err)

    threading.Thread(target=ask, name=f"open {url}", daemon=True).start()
    try:
        answer = answers.get(timeout=patience.answer_s)
    except queue.Empty:
        raise TimeoutError(f"no answer in {patience.answer_s:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _plain(err: OSError | HTTPException) -> str:
    """Return what happened without Python's wrapping (`<urlopen error [Errno -2] …>`)."""
    cause = err.reason if isinstance(err, urllib.error.URLError) else err
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror
    return str(cause) or type(cause).__name__
