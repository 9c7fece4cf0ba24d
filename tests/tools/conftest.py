"""What the tests of the tools share: a local release site, and a user who has nothing yet."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from faas_nomad.tools.fetching import Patience
from faas_nomad.tools.obtaining import Site
from faas_nomad.tools.progress import Progress
from support.release_site import ReleaseSite, release_site


@pytest.fixture
def releases_site() -> Iterator[ReleaseSite]:
    with release_site() as site:
        yield site


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def site(tmp_path: Path, releases_site: ReleaseSite, out: io.StringIO) -> Site:
    """A user with an empty home, nothing useful on PATH, and the local site for releases."""
    environ = {
        "HOME": str(tmp_path),
        "PATH": str(tmp_path / "bin"),
        "FAAS_NOMAD_RELEASES_URL": releases_site.url,
        "FAAS_NOMAD_PYPI_FILES_URL": releases_site.url,
    }
    modules = tmp_path / "modules"
    return Site(environ, Progress(out), modules, Patience(answer_s=5.0, stall_s=5.0))
