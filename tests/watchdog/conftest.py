"""A real watchdog for each test: the zipapp under the Python that runs the tests."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from faas_nomad.watchdog.build import zipapp_bytes
from support.watchdog import RunningWatchdog, Start, watchdog

HTTP_SERVER = {"mode": "http", "fprocess": f"python3 -I -S {Path(__file__).parent / 'upstream.py'}"}


@pytest.fixture(scope="session")
def zipapp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("watchdog") / "watchdog.pyz"
    path.write_bytes(zipapp_bytes())
    return path


@pytest.fixture
def start(zipapp: Path, tmp_path: Path) -> Iterator[Start]:
    """Start watchdogs with the environment names given; they are stopped when the test ends."""
    with ExitStack() as stack:
        yield lambda **environment: stack.enter_context(watchdog(zipapp, tmp_path, environment))


@pytest.fixture(scope="module")
def cat(zipapp: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWatchdog]:
    """A watchdog before `cat` that many tests ask; none stops it."""
    with watchdog(zipapp, tmp_path_factory.mktemp("cat"), {"fprocess": "cat"}) as running:
        yield running


@pytest.fixture
def serve(start: Start) -> Start:
    """Start a watchdog in http mode before the server in upstream.py."""
    return lambda **env: start(**{**HTTP_SERVER, "log": "yes", **env})


@pytest.fixture(scope="module")
def served(zipapp: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningWatchdog]:
    """A watchdog before the server in upstream.py that many tests ask; none stops it."""
    with watchdog(zipapp, tmp_path_factory.mktemp("served"), HTTP_SERVER) as running:
        yield running
