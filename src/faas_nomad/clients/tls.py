"""TLS to back ends: certificates in files that others replace, taken without a restart."""

import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import structlog

log = structlog.get_logger()

LOOK_EVERY_S = 1.0
"""At the files, at most; only while there are requests."""
FileState = tuple[int, int, int] | None
TlsSource = Callable[[], ssl.SSLContext]
"""Gives the context for a new connection; called for every request, so it must be quick."""


@dataclass(frozen=True)
class TlsFiles:
    """Certificates for a back end; empty strings mean the system's own trust and no client side."""

    ca_file: str = ""
    ca_path: str = ""
    cert_file: str = ""
    key_file: str = ""
    server_name: str = ""
    skip_verify: bool = False


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Return a client context. Raises: OSError, ssl.SSLError when a file cannot be used."""
    context = ssl.create_default_context(cafile=files.ca_file or None, capath=files.ca_path or None)
    for file in _files_in(files.ca_path):
        context.load_verify_locations(cafile=file)
    if files.skip_verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if files.cert_file:
        context.load_cert_chain(files.cert_file, files.key_file or None)
    return context


def file_state(file: Path) -> FileState:
    """Return what tells whether a file was replaced or written; None when there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


class FollowedTls:
    """The context of these files as they are now; while they cannot be used, as they were."""

    def __init__(self, files: TlsFiles, now_s: Callable[[], float] = time.monotonic) -> None:
        """Read the files. Raises: OSError, ssl.SSLError when they cannot be used."""
        self._files = files
        self._now_s = now_s
        self._looked_s = now_s()
        self._seen = self._state()
        self._context = tls_context(files)

    def __call__(self) -> ssl.SSLContext:
        """Return the same context until a file changes."""
        if self._now_s() - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = self._now_s()
            self._look()
        return self._context

    def _look(self) -> None:
        state = self._state()
        if state == self._seen:
            return
        self._seen = state
        try:
            self._context = tls_context(self._files)
        except OSError as err:  # as while only one of two is new; its next change is seen
            log.warning("new certificates cannot be used, the old ones are", reason=str(err))
        else:
            log.info("new certificates are used", files=[str(file) for file, _ in state])

    def _state(self) -> list[tuple[Path, FileState]]:
        files = self._files
        named = [Path(file) for file in (files.ca_file, files.cert_file, files.key_file) if file]
        try:
            return [(file, file_state(file)) for file in (*named, *_files_in(files.ca_path))]
        except OSError:
            return []


class FollowingTransport(httpx.AsyncBaseTransport):
    """httpx's own transport, a new one when `tls` has another context.

    Requests under way, event streams among them, end on the transport that they began on.
    """

    def __init__(self, tls: TlsSource, limits: httpx.Limits) -> None:
        self._tls = tls
        self._limits = limits
        self._present = _Generation(tls(), limits)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send it over a connection of the present certificates."""
        generation, context = self._present, self._tls()
        if generation.context is not context:
            self._present = _Generation(context, self._limits)
            await generation.retire()
            generation = self._present
        return await generation.send(request)

    async def aclose(self) -> None:
        """Close the present connections; those of older certificates close with their answers."""
        await self._present.transport.aclose()


class _Generation:
    """One context's transport, which closes behind its last answer once it is retired."""

    def __init__(self, context: ssl.SSLContext, limits: httpx.Limits) -> None:
        self.context = context
        self.transport = httpx.AsyncHTTPTransport(verify=context, limits=limits)
        self._under_way = 0
        self._is_retired = False

    async def send(self, request: httpx.Request) -> httpx.Response:
        self._under_way += 1
        try:
            response = await self.transport.handle_async_request(request)
        except BaseException:
            await self._left()
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)
        response.stream = _Watched(response.stream, self._left)
        return response

    async def retire(self) -> None:
        self._is_retired = True
        await self._close_if_unused()

    async def _left(self) -> None:
        self._under_way -= 1
        await self._close_if_unused()

    async def _close_if_unused(self) -> None:
        if self._is_retired and not self._under_way:
            await self.transport.aclose()


class _Watched(httpx.AsyncByteStream):
    """An answer's body that tells once when it is closed."""

    def __init__(
        self, stream: httpx.AsyncByteStream, closed: Callable[[], Awaitable[None]]
    ) -> None:
        self._stream = stream
        self._closed: Callable[[], Awaitable[None]] | None = closed

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for piece in self._stream:
            yield piece

    async def aclose(self) -> None:
        closed, self._closed = self._closed, None
        try:
            await self._stream.aclose()
        finally:
            if closed is not None:
                await closed()


def _files_in(folder: str) -> list[Path]:
    """Return the files of a folder: HashiCorp's tools read them all, OpenSSL those named by hash.

    Raises:
        OSError: There is no such folder.
    """
    return sorted(entry for entry in Path(folder).iterdir() if entry.is_file()) if folder else []
