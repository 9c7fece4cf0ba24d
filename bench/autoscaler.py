"""What the autoscaler makes of recorded load curves: a table, and a picture of each.

    .venv/bin/python -m bench.autoscaler [--svg docs/autoscaler.svg]

Every five seconds it is told the requests a second so far, as in the service; a replica is to carry
50 a second with a proportion of 0.9, and takes 2 s to start. «moves» are changes of the count,
«short» the seconds in which the load was above what the replicas may carry (their full target),
«spare» the mean of replicas above what the load took, «reaction» the seconds from the first excess
to the first further replica.
"""

import argparse
from dataclasses import dataclass
from math import ceil
from pathlib import Path

from faas_nomad.translate.autoscaling import Course, Sample
from faas_nomad.translate.scale_rules import ScaleRules

FOLDER = Path(__file__).parent / "load_curves"
INTERVAL_S = 5
WINDOW_S = 30
START_S = 2
RULES = ScaleRules(
    least=1, most=20, factor=10, to_zero=False, idle_s=900, type="rps", target=50, proportion=0.9,
    down_window_s=0,
)  # fmt: skip
CURVES = ("steady", "step", "ramp", "sawtooth", "spike")


@dataclass(frozen=True)
class Run:
    """One curve with the replicas that there were in every second."""

    load: list[int]
    wanted: list[int]
    serving: list[int]

    @property
    def moves(self) -> int:
        """Return how often the wanted count changed."""
        pairs = zip(self.wanted, self.wanted[1:], strict=False)
        return sum(one != other for one, other in pairs)

    @property
    def short_s(self) -> int:
        """Return the seconds with more load than the replicas may carry."""
        full = RULES.target
        return sum(load > full * count for load, count in zip(self.load, self.serving, strict=True))

    @property
    def spare(self) -> float:
        """Return the mean of replicas above need."""
        needs = (max(1, ceil(load / (RULES.target * RULES.proportion))) for load in self.load)
        over = [max(0, count - need) for count, need in zip(self.serving, needs, strict=True)]
        return sum(over) / len(over)

    @property
    def reaction_s(self) -> int | None:
        """Return the seconds from the first excess that lasts to a further replica."""
        each = RULES.target * RULES.proportion
        for second in range(10, len(self.load) - 10):
            may = 1.1 * each * self.serving[second]
            mean = sum(self.load[second : second + 5]) / 5
            if self.load[second] > may and mean > may:
                more = range(second, len(self.load))
                found = (s for s in more if self.serving[s] > self.serving[second])
                return next(found, len(self.load)) - second
        return None


def simulate(load: list[int], first: int) -> Run:
    """Return what the autoscaler makes of a load, beginning with `first` replicas."""
    course, count = Course(WINDOW_S), first
    wanted: list[int] = []
    for second in range(len(load)):
        if second and second % INTERVAL_S == 0:
            rate = sum(load[second - INTERVAL_S : second]) / INTERVAL_S
            course.add(Sample(second, rate))
            count = course.decide(count, RULES).count
        wanted.append(count)
    # A further replica serves when it has started; one that is not wanted serves no more at once.
    serving = [min(wanted[max(0, s - START_S) : s + 1]) for s in range(len(wanted))]
    return Run(load, wanted, serving)


def recorded(name: str) -> list[int]:
    """Return the requests of every second."""
    return [int(line) for line in (FOLDER / f"{name}.txt").read_text().split()]


def run(name: str) -> Run:
    """Return a curve's run, beginning with what its first seconds take."""
    load = recorded(name)
    return simulate(load, max(1, ceil(sum(load[:10]) / 10 / (RULES.target * RULES.proportion))))


def main() -> None:
    """Print the table, and draw the picture where one is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--svg", type=Path)
    svg = parser.parse_args().svg
    runs = {name: run(name) for name in CURVES}
    heads = ("least", "most", "moves", "short s", "spare", "reaction s")
    print(f"{'curve':<10}" + "".join(f"{head:>12}" for head in heads))
    for name, one in runs.items():
        reaction = "-" if one.reaction_s is None else one.reaction_s
        spare = round(one.spare, 2)
        figures = (min(one.wanted), max(one.wanted), one.moves, one.short_s, spare, reaction)
        print(f"{name:<10}" + "".join(f"{figure:>12}" for figure in figures))
    if svg:
        svg.write_text(picture(runs))


WIDTH, HEIGHT, LEFT, GAP = 640, 110, 90, 26


def picture(runs: dict[str, Run]) -> str:
    """Return all curves below each other: grey what the load takes, blue the replicas."""
    total = len(runs) * (HEIGHT + GAP) + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{LEFT + WIDTH + 20}" height="{total}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{LEFT + WIDTH + 20}" height="{total}" fill="white"/>',
    ]
    for place, (name, one) in enumerate(runs.items()):
        parts.append(_panel(name, one, GAP + place * (HEIGHT + GAP)))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(name: str, one: Run, top: int) -> str:
    each = RULES.target * RULES.proportion
    needed = [load / each for load in one.load]
    most = max(1.0, max(one.wanted) * 1.15, sorted(needed)[-8])
    lines = (("#b0b0b0", 1, needed), ("#1f5fbf", 2, [float(count) for count in one.serving]))
    drawn = [
        f'<polyline fill="none" stroke="{colour}" stroke-width="{width}" '
        f'points="{_points(values, most, top)}"/>'
        for colour, width, values in lines
    ]
    bottom = top + HEIGHT
    return "\n".join(
        [
            f'<text x="8" y="{top + 14}">{name}</text>',
            f'<text x="8" y="{top + 32}" fill="#606060">{max(one.wanted)} at most</text>',
            f'<text x="8" y="{top + 48}" fill="#606060">{one.moves} moves</text>',
            f'<line x1="{LEFT}" y1="{bottom}" x2="{LEFT + WIDTH}" y2="{bottom}" stroke="#404040"/>',
            *drawn,
        ]
    )


def _points(values: list[float], most: float, top: int) -> str:
    scale = WIDTH / (len(values) - 1)
    return " ".join(
        f"{LEFT + second * scale:.1f},{top + HEIGHT - HEIGHT * min(1.0, value / most):.1f}"
        for second, value in enumerate(values)
    )


if __name__ == "__main__":
    main()
