"""Flags, environment and file → the settings, where each came from, and what to tell.

Pure but for reading the file, which is the caller's function.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from faas_nomad.settings.checks import clashes_of, notices_of
from faas_nomad.settings.derive import derive
from faas_nomad.settings.errors import SettingsError
from faas_nomad.settings.files import FileSyntaxError, entries
from faas_nomad.settings.merge import merge
from faas_nomad.settings.origin import Origin
from faas_nomad.settings.page import Settings, settings_from
from faas_nomad.settings.retired import RETIRED, notice
from faas_nomad.settings.sources import (
    Given,
    config_path,
    from_environment,
    from_file,
    from_flags,
)

ReadFile = Callable[[Path], str]


@dataclass(frozen=True)
class LoadedSettings:
    """The settings, the origin of each by its name, and lines to log once at start."""

    settings: Settings
    origins: Mapping[str, Origin]
    notices: tuple[str, ...] = ()
    config_file: str = ""


def load_settings(
    argv_flags: Mapping[str, str], environ: Mapping[str, str], read_file: ReadFile
) -> LoadedSettings:
    """Return the settings; a flag beats the environment, that the file, that the default.

    `read_file` raises OSError or ValueError for a file that cannot be read.

    Raises:
        SettingsError: With a line for everything that is wrong anywhere, beaten values included.
    """
    path = config_path(argv_flags, environ)
    in_file, problems = _from_config(path, read_file)
    givens = [*from_flags(argv_flags), *from_environment(environ), *in_file]
    merged = merge(givens)
    derive(merged)
    settings = settings_from(merged.values)
    clashes = clashes_of(settings, merged.origins)
    problems += merged.problems
    problems += [clash.text for clash in clashes if not clash.names & merged.refused]
    if problems:
        raise SettingsError(problems)
    told = [notice(given.name, given.origin) for given in givens if given.name in RETIRED]
    told += notices_of(settings, merged.origins)
    return LoadedSettings(settings, merged.origins, tuple(told), path or "")


def _from_config(path: str | None, read_file: ReadFile) -> tuple[Sequence[Given], list[str]]:
    if path is None:
        return (), []
    try:
        return list(from_file(path, entries(Path(path), read_file(Path(path))))), []
    except FileSyntaxError as err:
        return (), [f"config file {path!r}: {err}"]
    except UnicodeDecodeError:
        return (), [f"config file {path!r} cannot be read: it is no UTF-8"]
    except OSError as err:
        return (), [f"config file {path!r} cannot be read: {err.strerror or err}"]
    except ValueError as err:
        return (), [f"config file {path!r} cannot be read: {err}"]
