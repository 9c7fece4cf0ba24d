"""The page of settings as a document, and as help for the command line. Pure."""

from collections.abc import Iterator
from textwrap import wrap

from faas_nomad.settings.page import groups
from faas_nomad.settings.spec import Spec, specs_of

_HELP_INDENT = " " * 6
_HELP_WIDTH = 96


def markdown() -> str:
    """Return a table for each group of settings, for the documentation."""
    return "\n".join(line for _, group in groups() for line in _table(group))


def flags_help() -> str:
    """Return every flag with its default and meaning, for `--help`."""
    return "\n".join(line for _, group in groups() for line in _help(group))


def _table(group: type[object]) -> Iterator[str]:
    yield from (f"## {_title(group)}", "")
    yield from ("| setting | default | meaning | expects |", "|---|---|---|---|")
    for _, spec in specs_of(group):
        about = f"{spec.about}{' ↻' if spec.reloads else ''}"
        cells = (_names(spec), _code(spec.shown(spec.default)), about, spec.kind.expects)
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
    yield ""


def _help(group: type[object]) -> Iterator[str]:
    yield f"{_title(group)}:"
    for _, spec in specs_of(group):
        default = spec.shown(spec.default)
        yield f"  {spec.flag}" + (f" [{default}]" if default else "")
        yield from wrap(
            spec.about, _HELP_WIDTH, initial_indent=_HELP_INDENT, subsequent_indent=_HELP_INDENT
        )


def _title(group: type[object]) -> str:
    return (group.__doc__ or "").rstrip(".")


def _names(spec: Spec) -> str:
    return ", ".join(_code(name) for name in (spec.name, *(a.name for a in spec.aliases)))


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
