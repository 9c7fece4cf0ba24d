"""Nodes are followed for ever, and their absence leaves what is known."""

import asyncio
from typing import Any

from faas_nomad.clients.errors import BackendError, DeniedError
from faas_nomad.clients.nomad_calls import Indexed
from faas_nomad.tasks.nodes import FAILED_PAUSE_S, LEAST_PAUSE_S, follow_nodes


class Script:
    """A Nomad that answers with its script, and functions that note what they are told."""

    def __init__(self, *answers: BackendError | Indexed[dict[str, Any]]) -> None:
        self.answers = list(answers)
        self.asked_after: list[int] = []
        self.learned: list[list[dict[str, str]]] = []
        self.pauses: list[float] = []

    async def watch_nodes(self, after_index: int) -> Indexed[dict[str, Any]]:
        self.asked_after.append(after_index)
        answer = self.answers.pop(0)
        if isinstance(answer, BackendError):
            raise answer
        return answer

    def learn_nodes(self, nodes: list[dict[str, str]]) -> None:
        self.learned.append([{"ID": node["ID"]} for node in nodes])

    async def sleep(self, pause_s: float) -> None:
        self.pauses.append(pause_s)
        if not self.answers:
            await asyncio.sleep(3600)


async def followed(script: Script) -> Script:
    task = asyncio.ensure_future(follow_nodes(script, script, script.sleep))  # type: ignore[arg-type]
    async with asyncio.timeout(5):
        while script.answers or len(script.pauses) < len(script.asked_after):
            await asyncio.sleep(0)
    task.cancel()
    return script


async def test_each_answer_is_learned_and_waited_beyond() -> None:
    script = await followed(Script(Indexed([{"ID": "a"}], 5), Indexed([{"ID": "b"}], 6)))

    assert script.learned == [[{"ID": "a"}], [{"ID": "b"}]]
    assert script.asked_after == [0, 5]
    assert script.pauses == [LEAST_PAUSE_S, LEAST_PAUSE_S]


async def test_a_refusal_is_waited_over_and_then_all_is_asked_anew() -> None:
    script = await followed(
        Script(Indexed([{"ID": "a"}], 5), DeniedError("no"), Indexed([{}], 7), Indexed([], 8))
    )

    assert script.asked_after == [0, 5, 0, 0]
    assert script.pauses[1:3] == [FAILED_PAUSE_S, FAILED_PAUSE_S]
    assert script.learned == [[{"ID": "a"}], []]
