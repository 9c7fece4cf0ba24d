"""Gives memory that is free back to the system, as far as Python and the C library can."""

import ctypes
import gc
from collections.abc import Callable
from contextlib import suppress


def _find_trim() -> Callable[[int], int] | None:
    with suppress(OSError, AttributeError):
        found: Callable[[int], int] = ctypes.CDLL(None).malloc_trim
        return found
    return None


_trim = _find_trim()


def give_back_memory() -> None:
    """Return free memory to the system.

    Hundreds of connections that have ended leave megabytes, some of them in cycles. Python's own
    allocator gives back only arenas of a megabyte that are wholly empty, and any object that the
    background tasks have made meanwhile keeps one; with `PYTHONMALLOC=malloc`, as we are shipped,
    all is the C library's, which gives back every page.
    """
    gc.collect()
    if _trim is not None:
        _trim(0)
