import json
from pathlib import Path

import pytest

from bench.results import OtherMachineError, from_json, save, to_json
from bench.samples import Row, Sample

ABOUT = {"processor": "x"}
SAMPLE = Sample(1.5, 2, 3, 4, 5, errors=6, foreign=0.5)
GET, POST = Row("pinned", "get 64", "ours"), Row("free", "post 64", "sdk")


def test_what_is_kept_comes_back() -> None:
    samples = {GET: [SAMPLE, SAMPLE], POST: [SAMPLE]}

    assert from_json(to_json(ABOUT, samples)) == (ABOUT, samples)


def test_a_run_of_some_scenarios_joins_the_others(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    save(file, ABOUT, {GET: [SAMPLE]})
    later = Sample(9, 2, 3, 4, 5, errors=0, foreign=0)

    assert save(file, ABOUT, {POST: [SAMPLE]}).keys() == {GET, POST}
    assert save(file, ABOUT, {GET: [later]})[GET] == [later]
    assert from_json(file.read_text())[1] == {GET: [later], POST: [SAMPLE]}


def test_figures_of_another_machine_are_not_mixed_in(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    save(file, ABOUT, {GET: [SAMPLE]})

    with pytest.raises(OtherMachineError, match="processor"):
        save(file, {"processor": "y"}, {POST: [SAMPLE]})
    assert from_json(file.read_text()) == (ABOUT, {GET: [SAMPLE]})


def test_an_unknown_mode_is_refused() -> None:
    text = json.loads(to_json(ABOUT, {GET: [SAMPLE]}))
    text["measured"][0]["mode"] = "half"

    with pytest.raises(ValueError, match="mode 'half'"):
        from_json(json.dumps(text))
