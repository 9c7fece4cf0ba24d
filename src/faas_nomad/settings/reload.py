"""Which settings are others when they are read again, and which of these can be taken now. Pure."""

from dataclasses import dataclass

from faas_nomad.settings.page import Settings, settings_from, specs, values_of


@dataclass(frozen=True)
class Reloaded:
    """What holds from now on, and the names of what was taken and of what takes a restart."""

    settings: Settings
    taken: tuple[str, ...]
    waiting: tuple[str, ...]


def reload(present: Settings, read: Settings) -> Reloaded:
    """Return `present` with those of the values `read` that can be changed while serving."""
    before, after = values_of(present), values_of(read)
    changed = [name for name in specs() if before[name] != after[name]]
    taken = tuple(name for name in changed if specs()[name].reloads)
    waiting = tuple(name for name in changed if not specs()[name].reloads)
    now = settings_from({**before, **{name: after[name] for name in taken}})
    return Reloaded(now, taken, waiting)
