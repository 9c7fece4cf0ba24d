"""Command-line words → flags. Pure: `load_settings` reads the values."""

from collections.abc import Sequence

from faas_nomad.settings.errors import SettingsError
from faas_nomad.settings.kinds import BOOLEAN, FALSE_WORDS, TRUE_WORDS
from faas_nomad.settings.sources import names


def flags_from_argv(words: Sequence[str]) -> dict[str, str]:
    """Return the flags among `words` by their names, dashes turned into underscores.

    `--name value` and `--name=value`; a boolean's flag alone says true. Names are not looked at
    beyond that, so an unknown flag is `load_settings`' to refuse with all else that is wrong.

    Raises:
        SettingsError: A word is no flag, a flag has no value, or one comes twice.
    """
    flags: dict[str, str] = {}
    problems: list[str] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("--") or len(word) == 2:
            problems.append(f"{word!r}: expected a flag such as --port")
            continue
        written, equals, value = word.partition("=")
        name = written.removeprefix("--").lower().replace("-", "_")
        if not equals:
            value = _value(name, rest, written, problems)
        if name in flags:
            problems.append(f"{written} (flag) is given twice")
        flags[name] = value
    if problems:
        raise SettingsError(problems)
    return flags


def _value(name: str, rest: list[str], written: str, problems: list[str]) -> str:
    known = names().get(name)
    if known and known[0].kind is BOOLEAN:
        return rest.pop(0) if rest and rest[0] in TRUE_WORDS | FALSE_WORDS else "true"
    if rest and not rest[0].startswith("--"):
        return rest.pop(0)
    if known:
        problems.append(f"{written} (flag) has no value: expected {known[0].kind.expects}")
    return ""
