"""What `faas-nomad config` prints: each setting, its value and where that came from. Pure."""

from faas_nomad.settings.load import LoadedSettings
from faas_nomad.settings.origin import Source, printable, without_credentials
from faas_nomad.settings.page import specs, values_of
from faas_nomad.settings.spec import Spec

_HEAD = ("SETTING", "VALUE", "FROM")


def report(loaded: LoadedSettings) -> str:
    """Return the table of all settings, aligned, secrets masked, then the notices."""
    values = values_of(loaded.settings)
    rows = [
        (name, _shown(spec, values[name]), _from(spec, loaded)) for name, spec in specs().items()
    ]
    table = [_HEAD, *rows]
    widths = [max(len(row[column]) for row in table) for column in (0, 1)]
    lines = [f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}" for a, b, c in table]
    if loaded.config_file:
        lines.append(f"file: {printable(loaded.config_file)}")
    lines += [f"note: {text}" for text in loaded.notices]
    return "\n".join(lines)


def _shown(spec: Spec, value: object) -> str:
    return printable(without_credentials(spec.shown(value))) or "-"


def _from(spec: Spec, loaded: LoadedSettings) -> str:
    origin = loaded.origins[spec.name]
    return "default" if origin.source is Source.DEFAULT else f"{origin.place} {origin.written}"
