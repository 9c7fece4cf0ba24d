"""Puts what was fetched or built into the cache whole, or not at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from faas_nomad.tools.errors import WayError


@contextmanager
def staged(cached: Path) -> Iterator[Path]:
    """Lend a path in the cache's own file system; what is there at the end moves to `cached`.

    It lies in a folder of its own, which is removed at the end with all that is in it.

    Raises:
        WayError: The cache cannot be written.
    """
    try:
        cached.parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=".partial-", dir=cached.parent))
    except OSError as err:
        raise WayError(f"{cached.parent} cannot be written ({err.strerror})") from err
    try:
        path = folder / cached.name
        yield path
        path.replace(cached)
    except OSError as err:
        raise WayError(f"{cached} cannot be written ({err.strerror or err})") from err
    finally:
        shutil.rmtree(folder, ignore_errors=True)
