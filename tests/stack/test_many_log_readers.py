"""Hundreds who follow one function: what that costs the service."""

import selectors
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from support.functions import Functions
from support.processes import resident_mb
from support.service import run_service
from support.waiting import wait_until
from support.world import WHATEVER_DRIVER, World

pytestmark = WHATEVER_DRIVER
READERS = 500
LINES, RATE = 6_000, 100
MOST_MB = 200.0
BACK_WITHIN = 1.10
AS_SHIPPED = {"PYTHONMALLOC": "malloc"}
"""As the image, the job files and the unit set it: memory goes back page by page."""


class Crowd:
    """Readers that throw away what they get and count it."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        self.sockets = sockets
        self.got = dict.fromkeys(sockets, 0)
        self._ready = selectors.DefaultSelector()
        for one in sockets:
            self._ready.register(one, selectors.EVENT_READ)
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._take, daemon=True)
        self._thread.start()

    def have_all(self, lines: int) -> bool:
        return min(self.got.values()) >= lines

    def leave(self) -> None:
        self._is_over.set()
        self._thread.join(10)
        for one in self.sockets:
            one.close()

    def _take(self) -> None:
        while not self._is_over.is_set():
            for key, _ in self._ready.select(0.2):
                one = key.fileobj
                assert isinstance(one, socket.socket)
                self.got[one] += one.recv(1 << 18).count(b'"text":')


@contextmanager
def crowd(url: str, name: str) -> Iterator[Crowd]:
    address = urlsplit(url)
    ask = f"GET /system/logs?follow=true&tail=10000&name={name} HTTP/1.1\r\nHost: x\r\n\r\n"
    with ExitStack() as stack:
        sockets = []
        for _ in range(READERS):
            one = socket.create_connection((address.hostname, address.port), timeout=20)
            stack.callback(one.close)
            one.sendall(ask.encode())
            sockets.append(one)
        gathered = Crowd(sockets)
        stack.callback(gathered.leave)
        yield gathered


def metric(url: str, name: str) -> float:
    for line in httpx.get(f"{url}/metrics", timeout=10).text.splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise AssertionError(f"no metric {name}")


@pytest.mark.timeout(240)
def test_hundreds_of_readers_share_one_stream_in_bounded_memory(
    world: World, tmp_path: Path
) -> None:
    settings = world.settings("crowd-", **AS_SHIPPED)
    with (
        run_service(tmp_path, world.nomad_url, settings) as service,
        Functions(world, service) as functions,
    ):
        service.wait_for_nomad()
        printing = {"PRINT_LINES": str(LINES), "PRINT_RATE": str(RATE)}
        name = functions.deploy(world.deployment(envVars=printing))
        url, pid = service.gateway_url, service.child.process.pid
        functions.http.get("/system/logs", params={"name": name}).raise_for_status()
        before_mb = resident_mb(pid)
        with crowd(url, name) as readers:
            wait_until(lambda: metric(url, "faas_nomad_log_readers") == READERS, "all read", 60)
            assert metric(url, "faas_nomad_log_connections") == 2
            wait_until(lambda: readers.have_all(LINES), "all lines have come to all", 120)
            during_mb = resident_mb(pid)
        began_s = time.monotonic()
        wait_until(lambda: metric(url, "faas_nomad_log_readers") == 0, "all have left", 10)
        assert metric(url, "faas_nomad_log_connections") == 0
        freed_s = time.monotonic() - began_s
        figures = f"{before_mb:.0f} MB before, {during_mb:.0f} MB with {READERS} readers"

        def is_back() -> bool:
            return resident_mb(pid) <= before_mb * BACK_WITHIN

        with suppress(AssertionError):
            wait_until(is_back, "memory is back", 20)
        print(f"{figures}, {resident_mb(pid):.0f} MB after; freed in {freed_s:.2f} s")
        assert during_mb < MOST_MB
        assert is_back(), f"{figures}, {resident_mb(pid):.0f} MB after"
