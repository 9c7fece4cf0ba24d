"""Secrets in Vault's KV engine: paths, fields, and the templates that read them. Pure.

A secret is the field `value` at PREFIX/NAME, or PREFIX/NAMESPACE/NAME outside the default
namespace: text as it is, so that what was put there by hand works, and bytes that are no UTF-8
in base64 beside the field `encoding`.

Left alone, a task reads KV 2 anew every five minutes or so and KV 1 once a month. So its templates
name a version which is always the latest, `0`, `00` and so on, and which of these, a Nomad
variable of the job says: when that changes, the task reads anew within seconds. KV 1 ignores it.
Sources: consul-template `dependency/vault_read.go` (only `version` tells two reads of a path
apart), vault `builtin/logical/kv` (version 0 is the latest).
"""

import base64
from dataclasses import dataclass
from typing import Any

from faas_nomad.translate.secret_names import InvalidSecretError, is_secret_name

VALUE, ENCODING, BASE64 = "value", "encoding", "base64"

MAX_VALUE_BYTES = 384 * 1024
"""In base64, what Vault stores in every kind of storage: Consul's takes 512 KiB."""

FIRST_GENERATION = "0"
GENERATIONS = 16
MIB = 1 << 20


@dataclass(frozen=True)
class KvPlace:
    """Where an installation's secrets are: the engine's mount, the folder in it, its version."""

    mount: str
    folder: str
    version: int

    def path(self, namespace: str, name: str) -> str:
        """Return a secret's path within the mount; `namespace` is empty for the default one."""
        return "/".join(part for part in (self.folder, namespace, name) if part)

    def directory(self, namespace: str) -> str:
        """Return the path within the mount that holds a namespace's secrets."""
        return "/".join(part for part in (self.folder, namespace) if part)

    def read_path(self, namespace: str, name: str) -> str:
        """Return the whole path to read a secret at, as Vault's API has it."""
        data = ("data",) if self.version == 2 else ()
        return "/".join((self.mount, *data, self.path(namespace, name)))


def place_of(prefix: str, mount: str, version: int) -> KvPlace:
    """Return the place of `prefix`, such as secret/openfaas, in the engine at `mount`."""
    mount = mount.strip("/")
    return KvPlace(mount, prefix.strip("/").removeprefix(mount).strip("/"), version)


def fields_of(value: bytes) -> dict[str, str]:
    """Return what is kept of `value`. Raises: InvalidSecretError when it is too large."""
    if len(value) > MAX_VALUE_BYTES:
        raise InvalidSecretError(
            f"value: {len(value)} bytes, expected at most {MAX_VALUE_BYTES}, "
            "which every storage of Vault takes"
        )
    try:
        return {VALUE: value.decode()}
    except UnicodeDecodeError:
        return {VALUE: base64.b64encode(value).decode("ascii"), ENCODING: BASE64}


def is_secret(fields: dict[str, Any] | None) -> bool:
    """Tell whether an entry is one that functions can read."""
    return bool(fields) and fields is not None and isinstance(fields.get(VALUE), str)


def size_of(fields: dict[str, Any]) -> int:
    """Return about how many bytes the secret's file takes."""
    return len(str(fields[VALUE]).encode())


def names_in(keys: list[str]) -> list[str]:
    """Return the secrets among a folder's keys, in order; what ends in / is a folder."""
    return sorted(key for key in keys if is_secret_name(key))


def next_generation(generation: str) -> str:
    """Return another spelling of the latest version."""
    count = len(generation) if set(generation) == {"0"} else 0
    return "0" * (count % GENERATIONS + 1)


def secrets_mb(size: int) -> int:
    """Return the size in MiB that a task's secrets need, 0 where Nomad's 1 MiB is enough."""
    return 0 if size <= MIB // 2 else size // MIB + 2


def vault_template(place: KvPlace, namespace: str, name: str, variable_path: str, key: str) -> str:
    """Return the template that renders a secret; an entry without `value` is an error.

    It goes with `ErrMissingKey`, since a template prints `<no value>` otherwise.
    """
    data = ".Data.data" if place.version == 2 else ".Data"
    read = f'printf "{place.read_path(namespace, name)}?version=%s" (index . "{key}").Value'
    return (
        f'{{{{ with nomadVar "{variable_path}" }}}}{{{{ with secret ({read}) }}}}'
        f"{{{{ with {data} }}}}"
        f'{{{{ if index . "{ENCODING}" }}}}{{{{ base64Decode .{VALUE} }}}}'
        f"{{{{ else }}}}{{{{ .{VALUE} }}}}{{{{ end }}}}{{{{ end }}}}{{{{ end }}}}{{{{ end }}}}"
    )


@dataclass(frozen=True)
class TaskAuth:
    """How function tasks log in to Vault: a role (Nomad 1.10 on) and a policy (before)."""

    role: str
    policy: str


def secret_folder(namespace: str, default_namespace: str) -> str:
    """Return the folder of a Nomad namespace's secrets; the default one has none."""
    return "" if namespace == default_namespace else namespace


def login_folder(namespace: str) -> str:
    """Return the folder of its registry logins; no namespace and no secret is called so."""
    return f"_registry/{namespace}"


def value_of(fields: dict[str, Any]) -> bytes:
    """Return the value that an entry's fields stand for.

    Raises:
        InvalidSecretError: They contradict each other: somebody else wrote them.
    """
    text = str(fields[VALUE])
    try:
        return base64.b64decode(text) if fields.get(ENCODING) == BASE64 else text.encode()
    except ValueError:
        raise InvalidSecretError("value: what is kept of it is not what its fields say") from None


def vault_block(auth: TaskAuth) -> dict[str, Any]:
    """Return the task's Vault block: its token renders templates and never reaches the function.

    Nomad 1.10 and later logs in with the task's identity as `role`, empty for the agent's default
    one, and ignores the policies; earlier ones take these.
    """
    return {
        **({"Role": auth.role} if auth.role else {}),
        **({"Policies": [auth.policy]} if auth.policy else {}),
        "Env": False,
        "DisableFile": True,
        "ChangeMode": "noop",
    }
