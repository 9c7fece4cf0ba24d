"""The benchmark's tables, from its samples. Pure."""

from collections.abc import Iterator, Sequence

from bench.samples import Measured, figure, ratio
from bench.scenarios import HAPROXY, SDK, Mode

HEADER = (
    "scenario",
    "contender",
    "req/s",
    "x sdk",
    "CPU µs",
    "x sdk",
    "x haproxy",
    "p50 ms",
    "x sdk",
    "p99 ms",
    "x sdk",
    "RSS MB",
    "x sdk",
    "errors",
    "foreign",
)


def rows(samples: Measured, mode: Mode) -> Iterator[tuple[str, ...]]:
    """Yield the rows of the table of `mode`: medians over the rounds, and ratios of medians."""
    for row, found in samples.items():
        if row.mode != mode:
            continue

        def median(name: str, digits: int) -> str:
            return shown(figure(samples, row, name), digits)  # noqa: B023 - called at once

        def against(peer: str, name: str) -> str:
            return shown(ratio(samples, row, peer, name), 2)  # noqa: B023 - called at once

        yield (
            row.scenario,
            row.contender,
            median("requests_s", 0),
            against(SDK, "requests_s"),
            median("cpu_us", 1),
            against(SDK, "cpu_us"),
            against(HAPROXY, "cpu_us"),
            median("p50_ms", 2),
            against(SDK, "p50_ms"),
            median("p99_ms", 2),
            against(SDK, "p99_ms"),
            median("rss_mb", 1 if row.scenario == "slow readers" else 0),
            against(SDK, "rss_mb"),
            str(sum(sample.errors for sample in found)),
            shown(figure(samples, row, "foreign"), 2),
        )


def shown(value: float | None, digits: int) -> str:
    """Return a figure for a cell; nothing for one that was not measured."""
    return f"{value:,.{digits}f}" if value else ""


def markdown(lines: Sequence[Sequence[str]]) -> str:
    """Return `lines`, the first of them the header, as an aligned Markdown table."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    body = [[cell.ljust(w) for cell, w in zip(line, widths, strict=True)] for line in lines]
    body.insert(1, ["-" * width for width in widths])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in body)
