"""An update in Vault reaches every function that can be told of it."""

from typing import Any

import pytest

from faas_nomad.clients.errors import RejectedError, UnreachableError
from faas_nomad.clients.nomad_secret_copies import SecretCopies
from faas_nomad.clients.secret_store import SecretUser
from faas_nomad.clients.vault_generations import SecretGenerations
from faas_nomad.clients.vault_secrets import VaultSecretStore
from faas_nomad.translate.names import Names
from faas_nomad.translate.secret_variables import MARK, copy_paths
from faas_nomad.translate.vault_secrets import KvPlace, TaskAuth
from support.memory_variables import MemoryVariables

NAMES = Names("openfaas-", "openfaas-fn", "default")


class MemoryKv:
    """The calls of `VaultKv` that an update takes."""

    def __init__(self) -> None:
        self.entries: dict[str, Any] = {"openfaas/a": {"value": "one"}}

    async def place(self) -> KvPlace:
        return KvPlace("secret", "openfaas", 2)

    async def find(self, path: str) -> Any:
        return self.entries.get(path)

    async def write(self, path: str, fields: Any) -> None:
        self.entries[path] = fields


async def test_a_function_that_cannot_be_told_of_an_update_keeps_no_other_from_it() -> None:
    kv, own = MemoryKv(), MemoryVariables()
    north, west = own.in_region("north"), own.in_region("west")
    north.failure = UnreachableError("no path to region")
    own.write(copy_paths("theirs")[0], {"x": "y"})
    store = VaultSecretStore(
        kv,  # type: ignore[arg-type]
        SecretGenerations(own),  # type: ignore[arg-type]
        SecretCopies(own),  # type: ignore[arg-type]
        NAMES,
        TaskAuth("", ""),
    )
    jobs = [("theirs", ""), ("a", ""), ("b", "north"), ("c", "north"), ("d", "west")]
    users = [SecretUser(job_id, ["a"], region) for job_id, region in jobs]

    with pytest.raises(RejectedError, match="not ours to write"):
        await store.update("default", "a", b"two", users)

    assert kv.entries["openfaas/a"] == {"value": "two"}
    told = {"vault_a": "0", MARK: "1"}
    assert own.items(copy_paths("a")[0]) == told
    assert west.items(copy_paths("d")[0]) == told
    assert north.failed == 1
