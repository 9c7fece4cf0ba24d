from bench.page import page
from bench.samples import Measured, Row, Sample

FAST = Sample(50, 4, 1, 1, 20, errors=0, foreign=0)
SLOW = Sample(20, 10, 2, 2, 40, errors=0, foreign=0)
SAMPLES: Measured = {
    Row("pinned", "get 64", "ours"): [FAST],
    Row("pinned", "get 64", "sdk"): [SLOW],
    Row("free", "get 64", "ours"): [FAST],
}


def test_it_has_the_machine_the_goals_and_both_tables() -> None:
    text = page({"processor": "x", "code": "abc"}, SAMPLES)

    assert "- processor: x\n- code: abc\n" in text
    assert "| requests/s x sdk " in text
    pinned, free = text.split("## Free on all cores")
    assert pinned.count("| get 64 ") == 2 + 3  # two rows, and a goal for each of three figures
    assert free.count("| get 64 ") == 1


def test_what_was_not_measured_has_no_heading() -> None:
    assert "##" not in page({}, {})


def test_it_warns_when_the_machine_was_not_quiet() -> None:
    loud = Sample(50, 4, 1, 1, 20, errors=0, foreign=0.7)

    assert "**Not quiet:**" not in page({}, SAMPLES)
    assert "in 1 of 2 rows" in page(
        {}, {Row("pinned", "get 64", "ours"): [loud], Row("pinned", "get 64", "sdk"): [SLOW]}
    )
