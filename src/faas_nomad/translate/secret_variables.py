"""Secrets as Nomad variables: where they lie, how they are written, what fits where. Pure.

A secret has one master copy below `openfaas/secrets/`, where no job may read. Each function has
copies of the secrets that it names on its own job's paths, which its tasks' workload identities
may read and no other job's: on the task's path, and on the job's when that is full. The group's
path between them is for the login that its image is pulled with (`registry_logins`). Values are
base64, as variables hold text only.
Sources: nomad `structs/variables.go` (paths of `[a-zA-Z0-9-_~/]`, 64 KiB of keys and values),
Nomad's documentation of workload identity (implicit rights).
"""

import base64
import re
from collections.abc import Mapping, Sequence

from faas_nomad.translate.secret_names import MAX_NAME, InvalidSecretError, is_secret_name

MASTERS = "openfaas/secrets/"
COPIES = "nomad/jobs/"
VALUE = "value"
"""The one item of a master copy."""
MARK = "_openfaas"
"""An item of every copy: variables of a job without it are somebody else's. No secret's name."""

MAX_VARIABLE_BYTES = 65_536
MAX_VALUE_BYTES = (MAX_VARIABLE_BYTES - MAX_NAME - len(MARK) - 1) // 4 * 3
"""The largest secret: 49,095 bytes, so that base64 and a name of 63 characters fit with it."""

Items = Mapping[str, str]

_EMPTY = "\n"
"""Base64 of nothing that is not empty itself: decoders skip line ends. The template of a function
takes an empty item for a missing one (see `secret_files`)."""
_GROUP = "fn"
_GENERATION = "vault_"
"""No secret's name has an underscore."""
_COPY = re.compile(rf"{COPIES}([^/]+)(?:/{_GROUP}/{_GROUP})?")
_LOGIN = re.compile(rf"{COPIES}([^/]+)/{_GROUP}")


def master_path(name: str) -> str:
    """Return the path of a secret's master copy; paths have no dots."""
    return MASTERS + name.replace(".", "~")


def secret_of_path(path: str) -> str | None:
    """Return the secret whose master copy is at `path`, None for anything else there."""
    name = path.removeprefix(MASTERS).replace("~", ".")
    return name if path.startswith(MASTERS) and is_secret_name(name) else None


def copy_paths(job_id: str) -> tuple[str, str]:
    """Return the paths of a function's copies, the first to fill first."""
    job = COPIES + job_id
    return (f"{job}/{_GROUP}/{_GROUP}", job)


def job_of_path(path: str) -> str | None:
    """Return the job whose copies may be at `path`, None for any other path."""
    found = _COPY.fullmatch(path)
    return found[1] if found else None


def job_of_login(path: str) -> str | None:
    """Return the job whose registry login may be at `path`, None for any other path."""
    found = _LOGIN.fullmatch(path)
    return found[1] if found else None


def decode_value(text: str) -> bytes:
    """Return the value that a variable's text stands for.

    Raises:
        InvalidSecretError: It is no base64: somebody else wrote it.
    """
    try:
        return base64.b64decode(text)
    except ValueError:
        raise InvalidSecretError("value: what is kept of it is not base64") from None


def encode_value(value: bytes) -> str:
    """Return `value` as a variable's text. Raises: InvalidSecretError when it is too large."""
    if len(value) > MAX_VALUE_BYTES:
        raise InvalidSecretError(
            f"value: {len(value)} bytes, expected at most {MAX_VALUE_BYTES}, "
            "which is what a Nomad variable holds"
        )
    return base64.b64encode(value).decode("ascii") or _EMPTY


def place_copies(present: Sequence[Items], wanted: Items) -> list[dict[str, str]]:
    """Return each level's items with `wanted` among them, `present` being what they hold now.

    Nothing is taken away and nothing moves: a version that still runs, or may be gone back to,
    reads what it names where it was. Levels that stay empty are left empty.

    Raises:
        InvalidSecretError: They do not fit.
    """
    levels = [dict(items) for items in present]
    by_size = sorted(wanted.items(), key=lambda item: (-len(item[1]), item[0]))
    for name, value in by_size:
        home = next((items for items in levels if name in items), None)
        candidates = levels if home is None else [home]
        fitting = (items for items in candidates if _fits({**items, name: value}))
        chosen = next(fitting, None)
        if chosen is None:
            raise InvalidSecretError(_too_much(name, is_new=home is None))
        chosen[name] = value
    return [{**items, MARK: "1"} if items else {} for items in levels]


def without_unwanted(items: Items, wanted: frozenset[str]) -> dict[str, str]:
    """Return a copy without what its function names no more; empty when nothing is left."""
    kept = {key: value for key, value in items.items() if key.removeprefix(_GENERATION) in wanted}
    return {**kept, MARK: "1"} if kept else {}


def generation_key(name: str) -> str:
    """Return the item that tells when a secret kept in Vault is to be read anew."""
    return _GENERATION + name


def is_copy(items: Items) -> bool:
    """Tell whether a variable on a job's path is one that this project wrote."""
    return MARK in items


def _fits(items: Items) -> bool:
    held = {**items, MARK: "1"}
    return sum(len(k.encode()) + len(v.encode()) for k, v in held.items()) <= MAX_VARIABLE_BYTES


def _too_much(name: str, *, is_new: bool) -> str:
    if is_new:
        return f"secrets: no room is left for {name!r}, a function's take at most 128 KiB in base64"
    return f"secrets: {name!r} is too large beside the others of a function, 64 KiB in base64"
