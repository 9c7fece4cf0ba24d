"""The credentials of basic auth, from the two files that OpenFaaS's secrets are mounted as.

Source: faas-provider `auth/credentials.go`: white space around is no part of them.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from faas_nomad.settings.errors import SettingsError

USER_FILE = "basic-auth-user"
PASSWORD_FILE = "basic-auth-password"  # noqa: S105 - the file's name
MAX_CREDENTIAL_CHARS = 4096


@dataclass(frozen=True, slots=True)
class Credentials:
    """User and password that the /system routes ask for."""

    user: str
    password: str = field(repr=False)


def load_credentials(folder: str, read_file: Callable[[Path], str]) -> Credentials:
    """Return what the files in `folder`, the setting `secret_mount_path`, say.

    `read_file` raises OSError or ValueError for a file that cannot be read.

    Raises:
        SettingsError: A file is missing or says nothing usable; the service must not start.
    """
    problems: list[str] = []
    user = _read(Path(folder) / USER_FILE, read_file, problems)
    password = _read(Path(folder) / PASSWORD_FILE, read_file, problems)
    if ":" in user:
        problems.append(f"{USER_FILE} in {folder} has a colon, which ends a user's name")
    if problems:
        raise SettingsError(problems)
    return Credentials(user, password)


def _read(path: Path, read_file: Callable[[Path], str], problems: list[str]) -> str:
    try:
        text = read_file(path).strip()
    except OSError as err:
        problems.append(f"basic_auth needs {path}, which cannot be read: {err.strerror or err}")
        return ""
    except ValueError:
        problems.append(f"basic_auth needs {path}, which is no UTF-8 text of a credential's size")
        return ""
    if not 0 < len(text) <= MAX_CREDENTIAL_CHARS:
        problems.append(f"{path} has {len(text)} characters, expected 1 to {MAX_CREDENTIAL_CHARS}")
    return text
