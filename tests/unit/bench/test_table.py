from bench.samples import Measured, Row, Sample, figure, ratio
from bench.table import HEADER, markdown, rows


def sample(requests_s: float, **others: float) -> Sample:
    """Return a sample whose other figures are 1."""
    figures = {"cpu_us": 1.0, "p50_ms": 1.0, "p99_ms": 1.0, "rss_mb": 1.0, "foreign": 0.0, **others}
    return Sample(requests_s=requests_s, errors=0, **figures)


OURS, PEER = Row("pinned", "get 64", "ours"), Row("pinned", "get 64", "sdk")
SAMPLES: Measured = {
    PEER: [sample(10), sample(20), sample(90)],
    OURS: [sample(40, cpu_us=0.5), sample(50, cpu_us=0.5)],
}


def test_a_figure_is_the_median_of_its_rounds() -> None:
    assert figure(SAMPLES, PEER, "requests_s") == 20
    assert figure(SAMPLES, OURS, "requests_s") == 45
    assert figure(SAMPLES, OURS._replace(mode="free"), "requests_s") is None


def test_a_ratio_is_that_of_the_medians() -> None:
    assert ratio(SAMPLES, OURS, "sdk", "requests_s") == 2.25
    assert ratio(SAMPLES, OURS, "haproxy", "requests_s") is None


def test_a_row_has_figures_and_ratios_and_nothing_for_what_was_not_measured() -> None:
    row = dict(zip(HEADER[:7], list(rows(SAMPLES, "pinned"))[1][:7], strict=True))

    assert row["contender"] == "ours"
    assert row["req/s"] == "45"
    assert row["CPU µs"] == "0.5"
    assert row["x haproxy"] == ""
    assert list(rows(SAMPLES, "free")) == []


def test_errors_of_all_rounds_are_told() -> None:
    failing = {OURS: [Sample(1, 1, 1, 1, 1, errors=2, foreign=0)] * 2}

    assert next(iter(rows(failing, "pinned")))[HEADER.index("errors")] == "4"


def test_markdown_is_aligned() -> None:
    assert markdown([("a", "bb"), ("ccc", "d")]) == "| a   | bb |\n| --- | -- |\n| ccc | d  |"
