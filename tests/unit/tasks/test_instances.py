"""An instance reports for ever, whatever Nomad answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from faas_nomad.clients.errors import UnreachableError
from faas_nomad.model.instances import Answer, MeetingPlace
from faas_nomad.tasks.instances import Instances
from support.memory_variables import MemoryVariables
from support.waiting import until

PLACE = MeetingPlace("default", "openfaas-")
MINE = PLACE.reports + "one"


@asynccontextmanager
async def reporting(variables: MemoryVariables) -> AsyncIterator[Instances]:
    instances = Instances(variables, PLACE, "one", dict)  # type: ignore[arg-type]
    task = asyncio.ensure_future(instances.run())
    try:
        await until(lambda: ("default", MINE) in variables.rows, "it reports")
        yield instances
        assert not task.done(), "it reports for ever"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_report_that_somebody_removed_is_made_anew_once_nomad_answers_again() -> None:
    """As after a pause of minutes: the others have swept it away."""
    variables = MemoryVariables()
    async with reporting(variables) as instances:
        variables.rows.clear()
        variables.failure = UnreachableError("no cluster leader")
        instances.answer(Answer(1, ()))
        await until(lambda: variables.failed, "the report's place cannot be read")

        variables.failure = None
        instances.answer(Answer(2, ()))
        await until(lambda: ("default", MINE) in variables.rows, "it reports again")
