"""Which ports an agent gives to tasks: all agents of the tests are on one machine.

Nomad picks them at random from 20000 to 32000 and sees its own tasks alone. Two agents that pick
the same would leave one replica without its port, and its function's callers with another's.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

FIRST, LAST = 10000, 32767
WIDTH = 1000
"""Few would be given out anew while the processes of a removed function still hold them."""
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_WORKERS = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_SHARE = (LAST + 1 - FIRST) // _WORKERS
_held: set[int] = set()


@contextmanager
def task_ports() -> Iterator[str]:
    """Give lines for an agent's `client` block with ports that no other agent gives out."""
    firsts = range(FIRST + _WORKER * _SHARE, FIRST + (_WORKER + 1) * _SHARE - WIDTH, WIDTH)
    first = next(one for one in firsts if one not in _held)
    _held.add(first)
    try:
        yield f"min_dynamic_port = {first}\n  max_dynamic_port = {first + WIDTH - 1}"
    finally:
        _held.remove(first)
