"""Plays the matrix against all proxies and writes what they did: `python tests/matrix/record.py`.

Writes `recorded.json` beside this file and `docs/correctness.md`. Needs go and haproxy.
"""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

sys.path.extend(str(Path(__file__).parents[2] / folder) for folder in ("src", "tests", ""))

import uvloop

from bench.contenders import build
from matrix.cases import CASES
from matrix.page import PAGE, RECORDED, page
from matrix.play import Outcome, play_all
from matrix.subjects import PEERS, Ours, Peer, versions


async def main() -> None:
    """Play everything and write it."""
    recorded = {"ours": _texts(await play_all(CASES, Ours()))}
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        for who in PEERS:
            recorded[who] = _texts(await play_all(CASES, Peer(who, Path(folder))))
    here = versions()
    found = {"versions": here, "outcomes": recorded}
    RECORDED.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    PAGE.write_text(page(CASES, here, recorded))
    for who, outcomes in recorded.items():
        print(f"{who}: {sum(not text for text in outcomes.values())} of {len(CASES)} hold")


def _texts(outcomes: Mapping[str, Outcome]) -> dict[str, str]:
    return {name: outcome.instead for name, outcome in outcomes.items()}


if __name__ == "__main__":
    uvloop.run(main())
