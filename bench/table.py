"""The benchmark's table, from its samples. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from measure import Sample

Samples = Mapping[tuple[str, str], Sequence[Sample]]
"""By scenario and contender."""

HEADER = (
    "scenario",
    "contender",
    "req/s",
    "x sdk",
    "CPU µs",
    "CPU x sdk",
    "p50 ms",
    "p99 ms",
    "RSS MB",
    "errors",
    "foreign",
)


def rows(samples: Samples) -> Iterator[tuple[str, ...]]:
    """Yield the table's rows, medians over the rounds."""
    for (scenario, contender), found in samples.items():
        peer = samples.get((scenario, "sdk"))
        requests_s, cpu_us = _median(found, "requests_s"), _median(found, "cpu_us")
        yield (
            scenario,
            contender,
            f"{requests_s:,.0f}",
            f"{requests_s / _median(peer, 'requests_s'):.2f}" if peer else "",
            f"{cpu_us:.1f}",
            f"{cpu_us / _median(peer, 'cpu_us'):.2f}" if peer else "",
            f"{_median(found, 'p50_ms'):.2f}",
            f"{_median(found, 'p99_ms'):.2f}",
            f"{_median(found, 'rss_mb'):.0f}",
            f"{sum(sample.errors for sample in found)}",
            f"{_median(found, 'foreign'):.2f}",
        )


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Return `lines`, the first of them the header, as an aligned Markdown table."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    body = [[cell.ljust(w) for cell, w in zip(line, widths, strict=True)] for line in lines]
    body.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in body)


def _median(found: Sequence[Sample], name: str) -> float:
    return median(getattr(sample, name) for sample in found)
