"""Makes the recorded load curves in `bench/load_curves/`: requests in each second of ten minutes.

Arrivals are a Poisson process with a fixed seed around the curve's rate, as of callers that do not
know of each other. The files are kept, so that a change of this script changes no figure unseen.

    .venv/bin/python -m bench.load_curves
"""

import math
import random
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent / "load_curves"
SECONDS = 600
SEED = 20261121

CURVES: dict[str, Callable[[int], float]] = {
    "steady": lambda _: 90.0,
    "step": lambda s: 40.0 if s < 120 or s >= 420 else 320.0,
    "ramp": lambda s: 20.0 + 380.0 * max(0.0, 1 - abs(s - 300) / 240),
    "sawtooth": lambda s: 60.0 + 240.0 * (s % 120) / 120,
    "spike": lambda s: 900.0 if 300 <= s < 305 else 90.0,
}
"""Requests a second; the steady 90 lie on the very edge between two replicas and three."""


def poisson(mean: float, random_: random.Random) -> int:
    """Return one second's requests: Knuth's way for few, the normal approximation for many."""
    if mean > 50:
        return max(0, round(random_.gauss(mean, math.sqrt(mean))))
    limit, product, count = math.exp(-mean), random_.random(), 0
    while product > limit:
        product *= random_.random()
        count += 1
    return count


def main() -> None:
    """Write every curve."""
    FOLDER.mkdir(exist_ok=True)
    for name, rate in CURVES.items():
        random_ = random.Random(f"{SEED} {name}")  # noqa: S311 - a load, no secret
        lines = [str(poisson(rate(second), random_)) for second in range(SECONDS)]
        (FOLDER / f"{name}.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
