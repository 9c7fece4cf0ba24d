"""What was given → one value a setting, with its origin. Pure."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from faas_nomad.settings.origin import Origin, Source, quoted
from faas_nomad.settings.page import specs
from faas_nomad.settings.retired import RETIRED
from faas_nomad.settings.sources import Given, flag_of, hint, names
from faas_nomad.settings.spec import Spec


@dataclass
class Merged:
    """Values that were given, by name; origins of all; problems, and the settings they are of."""

    values: dict[str, object] = field(default_factory=dict)
    origins: dict[str, Origin] = field(
        default_factory=lambda: {name: Origin(Source.DEFAULT, name) for name in specs()}
    )
    problems: list[str] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class _Read:
    """A given value that was understood."""

    origin: Origin
    value: object


def merge(givens: Sequence[Given]) -> Merged:
    """Return what counts of `givens`: for each setting the value of the strongest source."""
    merged = Merged()
    reads: dict[str, list[_Read]] = {}
    for given in sorted(givens, key=lambda one: one.origin.source):
        if given.name in RETIRED:
            continue
        if given.name not in names():
            merged.problems.append(_unknown(given))
            continue
        spec, inverted = names()[given.name]
        try:
            value = _value(spec, given)
        except ValueError as err:
            merged.problems.append(_refusal(spec, given, str(err)))
            merged.refused.add(spec.name)
            continue
        read = _Read(given.origin, not value if inverted else value)
        reads.setdefault(spec.name, []).append(read)
    for name, found in reads.items():
        merged.values[name], merged.origins[name] = found[0].value, found[0].origin
        merged.problems += _conflicts(specs()[name], found)
    return merged


def _value(spec: Spec, given: Given) -> object:
    if given.wrong:
        raise ValueError(given.wrong)
    try:
        return spec.kind.parse(given.text)
    except ValueError:
        raise ValueError(spec.kind.expects) from None


def _refusal(spec: Spec, given: Given, expected: str) -> str:
    shown = "" if given.wrong else f" is {quoted(given.text, secret=spec.secret)}"
    return f"{given.origin}{shown}: expected {expected}"


def _unknown(given: Given) -> str:
    near = hint(given.name)
    if near and given.origin.source is Source.FLAG:
        near = flag_of(near)
    return f"{given.origin}: no such setting" + (f", did you mean {near}?" if near else "")


def _conflicts(spec: Spec, reads: Sequence[_Read]) -> Iterator[str]:
    """Tell of two names for one thing that say different things in one place."""
    for first, second in pairwise(reads):
        same_place = first.origin.source is second.origin.source
        if same_place and first.value != second.value:
            said = "" if spec.secret else f", {_shown(spec, first)} and {_shown(spec, second)}"
            yield f"{first.origin} and {second.origin} are one setting with two values{said}"


def _shown(spec: Spec, read: _Read) -> str:
    return quoted(spec.shown(read.value), secret=spec.secret)
