"""Command-line words → flags. Pure: `load_settings` reads the values."""

from collections.abc import Sequence

from faas_nomad.settings.errors import SettingsError
from faas_nomad.settings.kinds import BOOLEAN, FALSE_WORDS, TRUE_WORDS
from faas_nomad.settings.sources import flag_of, names


def flags_from_argv(words: Sequence[str]) -> dict[str, str]:
    """Return the flags among `words` by their names, dashes turned into underscores.

    `--name value` and `--name=value`, with one dash too (as Go's flags take it); a boolean's flag
    alone says true. An unknown flag is `load_settings`' to refuse, with all else that is wrong.

    Raises:
        SettingsError: A word is no flag, a flag has no value, or one comes twice.
    """
    flags: dict[str, str] = {}
    problems: list[str] = []
    rest = list(words)
    before = "at the beginning"
    while rest:
        written, equals, value = rest.pop(0).partition("=")
        name = written.removeprefix("-").removeprefix("-").lower().replace("-", "_")
        if not written.startswith("-") or not name:
            problems.append(f"{before}: expected a flag such as --port")
            continue
        if not equals:
            value = _value(name, rest, problems)
        if name in flags:
            problems.append(f"{flag_of(name)} (flag) is given twice")
        flags[name] = value
        before = f"after {flag_of(name)}"
    if problems:
        raise SettingsError(problems)
    return flags


def _value(name: str, rest: list[str], problems: list[str]) -> str:
    known = names().get(name)
    if known and known[0].kind is BOOLEAN:
        return rest.pop(0) if rest and rest[0] in TRUE_WORDS | FALSE_WORDS else "true"
    if rest and not rest[0].startswith("-"):
        return rest.pop(0)
    if known:
        problems.append(f"{flag_of(name)} (flag) has no value: expected {known[0].kind.expects}")
    return ""
