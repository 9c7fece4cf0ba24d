"""Measures the data path beside its peers and prints one table; see README.md beside this file."""

import argparse
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from contenders import Running, UnavailableError, backend, build, contender
from measure import Sample, measure
from scenarios import QUICK, SCENARIOS, Scenario
from table import HEADER, markdown, rows

CONTENDERS = ("sdk", "ours", "haproxy", "natural")
ON_DEMAND = ("ours2",)
WARM_UP_S = 1
MAX_TRIES = 5

Measured = dict[tuple[str, str], list[Sample]]


def main() -> None:
    """Measure what the arguments ask for."""
    options = _options()
    proxy_pin = [] if options.free else ["taskset", "-c", "0"]
    other_pin = [] if options.free else ["taskset", "-c", "1"]
    scenarios = [s for s in SCENARIOS if options.all or s.name in (options.scenario or QUICK)]
    with ExitStack() as stack:
        binaries = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        build(binaries)
        function = stack.enter_context(backend(binaries, other_pin))
        proxies = dict(_start(options.contender, function, binaries, proxy_pin, stack))
        measured: Measured = {(s.name, name): [] for s in scenarios for name in proxies}
        for number in range(options.rounds):
            for scenario in scenarios:
                print(f"round {number + 1}: {scenario.name}", file=sys.stderr)
                for name, proxy in proxies.items():
                    sample = _sample(
                        scenario, proxy, function, options.seconds, options.max_foreign, other_pin
                    )
                    measured[scenario.name, name].append(sample)
    print(_about(options))
    print(markdown([HEADER, *rows(measured)]))


def _start(
    names: Sequence[str], function: Running, binaries: Path, pin: list[str], stack: ExitStack
) -> Iterator[tuple[str, Running]]:
    for name in names:
        try:
            running = contender(name, f"127.0.0.1:{function.port}", binaries, pin)
            yield name, stack.enter_context(running)
        except UnavailableError as err:
            print(f"left out: {name}: {err}", file=sys.stderr)


def _sample(
    scenario: Scenario,
    proxy: Running,
    function: Running,
    seconds: int,
    max_foreign: float,
    pin: list[str],
) -> Sample:
    """Measure once, and again while other work disturbs; return what was disturbed least."""
    measure(scenario, proxy.port, proxy.pid, function.pid, WARM_UP_S, pin)
    tries = []
    while not tries or (tries[-1].foreign > max_foreign and len(tries) < MAX_TRIES):
        tries.append(measure(scenario, proxy.port, proxy.pid, function.pid, seconds, pin))
    return min(tries, key=lambda sample: sample.foreign)


def _about(options: argparse.Namespace) -> str:
    processor = next(
        (line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")),
        platform.machine(),
    )
    return (
        f"{processor}, Linux {platform.release()}, Python {platform.python_version()}; "
        f"{'free' if options.free else 'pinned'}, medians of {options.rounds} rounds of "
        f"{options.seconds} s\n"
    )


def _cpuinfo() -> list[str]:
    return Path("/proc/cpuinfo").read_text().splitlines()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument(
        "--max-foreign",
        type=float,
        default=0.2,
        help=f"repeat a sample, up to {MAX_TRIES} times, while other work takes more cores",
    )
    parser.add_argument("--free", action="store_true", help="do not pin to cores")
    parser.add_argument("--all", action="store_true", help="all scenarios, not the quick ones")
    parser.add_argument("--scenario", action="append", choices=[s.name for s in SCENARIOS])
    parser.add_argument("--contender", action="append", choices=CONTENDERS + ON_DEMAND)
    options = parser.parse_args()
    options.contender = options.contender or list(CONTENDERS)
    return options


if __name__ == "__main__":
    main()
