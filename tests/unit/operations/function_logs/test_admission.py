"""Readers are let in up to the bounds."""

import pytest

from faas_nomad.operations.function_logs.bounds import TooManyLogsError
from support.log_world import FOLLOW, World


async def test_readers_beyond_the_bounds_are_refused(world: World) -> None:
    for _ in range(3):
        await world.reader(FOLLOW)
    with pytest.raises(TooManyLogsError, match="max_log_readers"):
        await world.read()
    assert world.logs.stats.refused == 1


async def test_functions_beyond_the_bound_are_refused(world: World) -> None:
    await world.reader(FOLLOW)

    with pytest.raises(TooManyLogsError, match="max_log_functions"):
        await world.read()
