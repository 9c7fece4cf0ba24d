"""Measures the data path beside its peers and prints tables; see README.md beside this file."""

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import product
from pathlib import Path

from bench.about import about
from bench.contenders import Running, UnavailableError, backend, build, contender
from bench.page import page
from bench.picture import picture
from bench.results import About, OtherMachineError, from_json, save
from bench.samples import Measured, Row, Sample
from bench.sampling import sample
from bench.scenarios import CONTENDERS, SCENARIOS, Mode, Scenario

HERE = Path(__file__).parent
RESULTS = HERE / "results.json"
PICTURE = HERE.parent / "docs" / "speed.svg"
WARM_UP_S = 1
MAX_TRIES = 3


def main() -> int:
    """Measure what the arguments ask for, or show what was measured before."""
    options = _options()
    if options.show:
        known, samples = from_json(options.results.read_text())
    else:
        known = about(options.rounds, options.seconds)
        try:
            samples = _measured(options, known)
        except OtherMachineError as err:
            print(f"nothing can be kept: {err}", file=sys.stderr)
            return 1
    print(page(known, samples))
    if options.keep:
        options.picture.write_text(picture(known, samples))
        options.picture.with_suffix(".md").write_text(page(known, samples))
    return 0


def _measured(options: argparse.Namespace, known: About) -> Measured:
    """Measure; what is to be kept is so after each scenario. Raises: OtherMachineError.

    A whole run leaves nothing of what was kept before.
    """
    with tempfile.TemporaryDirectory() as folder:
        binaries = Path(folder)
        build(binaries)
        if options.is_whole:
            options.results.unlink(missing_ok=True)
        samples: Measured = save(options.results, known, {}) if options.keep else {}
        for mode, scenario in product(options.modes, SCENARIOS):
            if not options.scenario or scenario.name in options.scenario:
                found = _scenario(scenario, mode, binaries, options)
                samples = {**samples, **found}
                if options.keep:
                    samples = save(options.results, known, found)
    return samples


def _scenario(
    scenario: Scenario, mode: Mode, binaries: Path, options: argparse.Namespace
) -> dict[Row, list[Sample]]:
    """Measure one scenario: all contenders in each round, one after the other."""
    names = _who(scenario, mode, options)
    if not names:
        return {}
    proxy_pin = ["taskset", "-c", "0"] if mode == "pinned" else []
    other_pin = ["taskset", "-c", "1"] if mode == "pinned" else []
    with ExitStack() as stack:
        function = stack.enter_context(backend(binaries, other_pin))
        proxies = dict(_start(names, function, binaries, proxy_pin, stack))
        found: dict[Row, list[Sample]] = {Row(mode, scenario.name, who): [] for who in proxies}
        for proxy in proxies.values():
            sample(scenario, proxy.port, proxy.pid, function.pid, WARM_UP_S, other_pin)
        for number in range(options.rounds):
            print(f"{mode}, {scenario.name}: round {number + 1}", file=sys.stderr)
            for who, proxy in proxies.items():
                taken = _undisturbed(scenario, proxy, function, options, other_pin)
                found[Row(mode, scenario.name, who)].append(taken)
    return found


def _who(scenario: Scenario, mode: Mode, options: argparse.Namespace) -> Sequence[str]:
    """Return the contenders that were asked for; of a whole run those that the scenario is for."""
    usual, wanted = scenario.measured_by(mode), options.contender
    if wanted is None:
        return usual
    return wanted if options.scenario else [name for name in usual if name in wanted]


def _start(
    names: Sequence[str], function: Running, binaries: Path, pin: list[str], stack: ExitStack
) -> Iterator[tuple[str, Running]]:
    for name in names:
        try:
            running = contender(name, [f"127.0.0.1:{function.port}"], binaries, pin)
            yield name, stack.enter_context(running)
        except UnavailableError as err:
            print(f"left out: {name}: {err}", file=sys.stderr)


def _undisturbed(
    scenario: Scenario,
    proxy: Running,
    function: Running,
    options: argparse.Namespace,
    pin: list[str],
) -> Sample:
    """Measure once, and again while other work disturbs; return what was disturbed least."""
    tries: list[Sample] = []
    while not tries or (tries[-1].foreign > options.max_foreign and len(tries) < MAX_TRIES):
        tries.append(sample(scenario, proxy.port, proxy.pid, function.pid, options.seconds, pin))
    return min(tries, key=lambda taken: taken.foreign)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=2)
    parser.add_argument(
        "--max-foreign",
        type=float,
        default=0.2,
        help=f"repeat a sample, up to {MAX_TRIES} times, while other work takes more cores",
    )
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--pinned", action="store_true", help="only the run on one core each")
    only.add_argument("--free", action="store_true", help="only the run on all cores")
    parser.add_argument("--scenario", action="append", choices=[s.name for s in SCENARIOS])
    parser.add_argument("--contender", action="append", choices=CONTENDERS)
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep the results, and make picture and page, also when only a part was asked for",
    )
    parser.add_argument("--show", action="store_true", help="measure nothing, show what was kept")
    parser.add_argument("--results", type=Path, default=RESULTS, metavar="FILE")
    parser.add_argument("--picture", type=Path, default=PICTURE, metavar="FILE")
    options = parser.parse_args()
    options.modes = ["pinned"] * (not options.free) + ["free"] * (not options.pinned)
    is_part = options.scenario or options.contender or options.pinned or options.free
    options.is_whole = not (is_part or options.show)
    options.keep = options.keep or options.is_whole
    return options


if __name__ == "__main__":
    sys.exit(main())
