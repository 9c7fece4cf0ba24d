"""A web site on a local port that serves release archives, whole or in every broken way."""

import hashlib
import io
import platform
import threading
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from faas_nomad.tools.releases import platform_name

HELD_S = 30.0
PLATFORM = platform_name(platform.system(), platform.machine())


@dataclass(frozen=True)
class Page:
    """One answer: `missing_bytes` are announced but never sent, `location` redirects.

    One that `hangs` keeps the connection open after the body instead of closing it.
    """

    body: bytes = b""
    missing_bytes: int = 0
    location: str = ""
    hangs: bool = False


@dataclass(frozen=True)
class Release:
    """The paths of a release's two files."""

    sums: str
    archive: str


@dataclass
class ReleaseSite:
    """The pages by path, and the paths that were asked for."""

    url: str
    pages: dict[str, Page] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    held: threading.Event = field(default_factory=threading.Event)

    def publish(self, name: str, version: str, archive: bytes) -> Release:
        """Add a release for this machine as HashiCorp lays it out, with its right sums."""
        folder, stem = f"/{name}/{version}", f"{name}_{version}"
        release = Release(f"{folder}/{stem}_SHA256SUMS", f"{folder}/{stem}_{PLATFORM}.zip")
        sums = f"{'0' * 64}  {stem}_other_arch.zip\n{sha256(archive)}  {stem}_{PLATFORM}.zip\n"
        self.pages[release.sums] = Page(sums.encode())
        self.pages[release.archive] = Page(archive)
        return release


def zip_of(members: Mapping[str, bytes]) -> bytes:
    """Return a zip archive with these members."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def program_that_says(text: str) -> bytes:
    """Return a program that prints `text` and nothing else."""
    return f"#!/bin/sh\necho '{text}'\n".encode()


def sha256(content: bytes) -> str:
    """Return the SHA-256 in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


@contextmanager
def release_site() -> Iterator[ReleaseSite]:
    """Serve a `ReleaseSite` while the block runs; `/silent` answers only once `held` is set."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            if self.path.startswith("/silent"):
                site.held.wait(HELD_S)
            page = site.pages.get(self.path)
            if page is None:
                self.send_error(404)
                return
            self.send_response(302 if page.location else 200)
            self.send_header("Content-Length", str(len(page.body) + page.missing_bytes))
            if page.location:
                self.send_header("Location", page.location)
            self.end_headers()
            self.wfile.write(page.body)
            if page.hangs:
                site.held.wait(HELD_S)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the tests look at `asked`."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site = ReleaseSite(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield site
    finally:
        site.held.set()
        server.shutdown()
        thread.join()
        server.server_close()
