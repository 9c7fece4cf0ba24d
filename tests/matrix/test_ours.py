"""The data path holds all that the matrix asks for."""

import pytest

from matrix.case import Case
from matrix.cases import CASES
from matrix.play import play
from matrix.subjects import Ours


@pytest.mark.parametrize("case", CASES, ids=[f"{case.part}: {case.name}" for case in CASES])
async def test_what_must_hold_holds(case: Case) -> None:
    outcome = await play(case, Ours())

    assert outcome.holds, f"{case.must}: {outcome.instead}"


def test_each_case_has_a_name_of_its_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
