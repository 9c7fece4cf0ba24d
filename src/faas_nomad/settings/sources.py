"""Flags, environment and file → what was given for which setting, not yet read. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import PurePath

from faas_nomad.settings.files import FileEntry
from faas_nomad.settings.origin import Origin, Source, printable
from faas_nomad.settings.page import specs
from faas_nomad.settings.retired import RETIRED
from faas_nomad.settings.spec import Spec

CONFIG = "config"
CONFIG_VARIABLE = "FAAS_NOMAD_CONFIG"

INSIDE_A_TASK = "NOMAD_ALLOC_ID"
SET_BY_NOMAD = frozenset({"NOMAD_NAMESPACE", "NOMAD_REGION"})
"""In every task's environment, whatever the operator wrote: these yield to a written setting."""


@dataclass(frozen=True)
class Given:
    """A value that somebody gave; `wrong` is what its form should have been."""

    name: str
    text: str
    origin: Origin
    wrong: str = ""


def config_path(flags: Mapping[str, str], environ: Mapping[str, str]) -> str | None:
    """Return the path of the file to read, None for none."""
    for flag, text in flags.items():
        if _folded(flag) == CONFIG:
            return text
    return environ.get(CONFIG_VARIABLE) or environ.get(CONFIG_VARIABLE.lower()) or None


def from_flags(flags: Mapping[str, str]) -> Iterator[Given]:
    """Yield the flags; `flags` may have dashes or underscores, with or without `--` in front."""
    for flag, text in flags.items():
        name = _folded(flag)
        if name != CONFIG:
            yield Given(name, text, Origin(Source.FLAG, flag_of(name)))


def from_environment(environ: Mapping[str, str]) -> Iterator[Given]:
    """Yield the variables that stand for settings; an empty one counts as not set."""
    inside = INSIDE_A_TASK in environ
    for variable in _variables():
        if text := environ.get(variable):
            by_nomad = inside and variable in SET_BY_NOMAD
            source = Source.TASK if by_nomad else Source.ENVIRONMENT
            yield Given(variable.lower(), text, Origin(source, variable))


def from_file(path: str, found: Sequence[FileEntry]) -> Iterator[Given]:
    """Yield a file's entries, each with what is wrong with its form for its setting."""
    for entry in found:
        name = _folded(entry.name)
        wrong = entry.wrong
        if name in names() and not wrong:
            wrong = _misfit(names()[name][0], entry)
        origin = Origin(Source.FILE, printable(entry.name[:64]), PurePath(path).name)
        yield Given(name, entry.value, origin, wrong)


@cache
def names() -> Mapping[str, tuple[Spec, bool]]:
    """Return by every name and alias its setting, and whether the alias says the opposite."""
    own = {name: (spec, False) for name, spec in specs().items()}
    others = {
        alias.name: (spec, alias.inverted) for spec in specs().values() for alias in spec.aliases
    }
    return own | others


def hint(name: str) -> str:
    """Return the known name that is nearest to an unknown one; empty when none is near."""
    near = get_close_matches(name[:64], [CONFIG, *names(), *RETIRED], n=1, cutoff=0.7)
    return near[0] if near else ""


def flag_of(name: str) -> str:
    """Return the flag that stands for the setting `name`."""
    return "--" + printable(name[:64]).replace("_", "-")


def _variables() -> Iterator[str]:
    for spec in specs().values():
        yield from spec.env
    for name in RETIRED:
        yield name
        yield name.upper()


def _misfit(spec: Spec, entry: FileEntry) -> str:
    if entry.is_list and not spec.kind.is_list:
        return spec.kind.expects
    if spec.kind.quoted and not entry.quoted and not entry.is_list:
        return f"{spec.kind.expects}; written in quotes"
    return ""


def _folded(name: str) -> str:
    return name.lower().removeprefix("--").replace("-", "_")
