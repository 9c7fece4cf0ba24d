"""The page about the peers is true, as far as it is about the versions that are here."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import uvloop

from bench.contenders import UnavailableError, build
from matrix.case import Case
from matrix.cases import CASES
from matrix.page import PAGE, RECORDED, page
from matrix.play import play_all
from matrix.subjects import PEERS, Peer, versions
from support.requirements import lacking

TRIES = 6
FOUND = json.loads(RECORDED.read_text())


@pytest.fixture(scope="module")
def binaries(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("peers")
    try:
        build(folder)
    except UnavailableError as err:
        lacking(f"the Go proxy cannot be built: {err}")
    return folder


@pytest.mark.go
@pytest.mark.timeout(300)
@pytest.mark.parametrize("who", PEERS)
def test_peers_do_what_the_page_says(who: str, binaries: Path) -> None:
    here, told = versions()[who], FOUND["versions"][who]
    if here != told:
        pytest.skip(f"the page is about {told}, here is {here}")
    try:
        differing = uvloop.run(differences(Peer(who, binaries), FOUND["outcomes"][who]))
    except UnavailableError as err:
        lacking(f"{who} cannot be started: {err}")

    assert not differing


async def differences(peer: Peer, recorded: Mapping[str, str]) -> list[str]:
    """Return which cases went otherwise than recorded, in each of several tries.

    Where a peer answers and closes before it has read all, the answer races with the reset.
    """
    cases: Sequence[Case] = CASES
    for _ in range(TRIES):
        found = await play_all(cases, peer)
        cases = [case for case in cases if found[case.name].holds == bool(recorded[case.name])]
    return [f"{case.name}: {found[case.name].instead or 'holds'}" for case in cases]


def test_the_page_has_what_was_recorded() -> None:
    assert PAGE.read_text() == page(CASES, FOUND["versions"], FOUND["outcomes"])


def test_ours_is_recorded_to_hold_every_case() -> None:
    assert FOUND["outcomes"]["ours"] == {case.name: "" for case in CASES}
