"""Vault's KV engine, version 1 or 2, as far as secrets need it.

Sources: vault `builtin/logical/kv`, hvac `api/secrets_engines/kv_v1.py`, `kv_v2.py`.
"""

from collections.abc import Callable
from typing import Any, TypeVar

import hvac

from faas_nomad.clients.errors import ConflictError, DeniedError, NotFoundError, RejectedError
from faas_nomad.clients.vault_session import VaultSession
from faas_nomad.translate.vault_secrets import KvPlace, place_of

T = TypeVar("T")
Fields = dict[str, Any]
NEW = 0
"""The version to expect of an entry that is not there (KV 2)."""
_CAS_REQUIRED = "check-and-set parameter required"
"""What a mount says, or an entry, that was set to take no other writes."""


class VaultKv:
    """The entries below one prefix; the mount and its version are asked for once."""

    def __init__(self, session: VaultSession, prefix: str, version: int = 0) -> None:
        self._session = session
        self._prefix = prefix
        self._version = version
        self._place: KvPlace | None = None

    async def place(self) -> KvPlace:
        """Return where the entries are. Raises: BackendError, with what to do about a refusal."""
        if self._place is None:
            self._place = await self._find_place()
        return self._place

    async def names(self, directory: str) -> list[str]:
        """Return the keys of a folder, folders among them with / at the end."""
        place = await self.place()
        kv = _engine(place)

        def listed(client: hvac.Client) -> list[str]:
            return list(kv(client).list_secrets(directory, mount_point=place.mount)["data"]["keys"])

        try:
            return await self._session.call(listed)
        except NotFoundError:
            return []

    async def find(self, path: str) -> Fields | None:
        """Return an entry's fields, None when there is none or it was deleted."""
        place = await self.place()
        read = _read_2 if place.version == 2 else _read_1
        try:
            return await self._session.call(lambda client: read(client, place, path))
        except NotFoundError:
            return None

    async def is_listed(self, path: str) -> bool:
        """Return whether there is an entry, or one that was deleted but for its history (KV 2)."""
        if await self.find(path) is not None:
            return True
        place = await self.place()
        return place.version == 2 and await self._present_version(place, path) != NEW

    async def create(self, path: str, fields: Fields) -> None:
        """Write a new entry. Raises: ConflictError when there is one."""
        if await self.find(path) is not None:
            raise ConflictError(f"there is an entry at {path} already")
        place = await self.place()
        if place.version == 1:
            return await self.write(path, fields)
        try:
            await self._write_2(place, path, fields, await self._present_version(place, path))
        except RejectedError as err:
            if "check-and-set" in str(err):
                raise ConflictError(f"there is an entry at {path} already") from err
            raise

    async def write(self, path: str, fields: Fields) -> None:
        """Write an entry whether or not there is one."""
        place = await self.place()
        if place.version == 2:
            return await self._overwrite_2(place, path, fields)
        await self._session.call(
            lambda client: client.secrets.kv.v1.create_or_update_secret(
                path, fields, method="PUT", mount_point=place.mount
            )
        )

    async def delete(self, path: str) -> None:
        """Forget an entry with all its versions, so that it is not listed any more."""
        place = await self.place()
        if place.version == 2:
            return await self._session.call(
                lambda client: client.secrets.kv.v2.delete_metadata_and_all_versions(
                    path, mount_point=place.mount
                )
            )
        await self._session.call(
            lambda client: client.secrets.kv.v1.delete_secret(path, mount_point=place.mount)
        )

    async def _overwrite_2(self, place: KvPlace, path: str, fields: Fields) -> None:
        try:
            await self._write_2(place, path, fields, None)
        except RejectedError as err:
            if _CAS_REQUIRED not in str(err):
                raise
            version = await self._present_version(place, path)
            await self._write_2(place, path, fields, version)

    async def _write_2(self, place: KvPlace, path: str, fields: Fields, cas: int | None) -> None:
        await self._session.call(
            lambda client: client.secrets.kv.v2.create_or_update_secret(
                path, fields, cas=cas, mount_point=place.mount
            )
        )

    async def _present_version(self, place: KvPlace, path: str) -> int:
        """Return an entry's latest version, also of one deleted but for its history."""

        def version(client: hvac.Client) -> int:
            kv = client.secrets.kv.v2
            reply = kv.read_secret_metadata(path, mount_point=place.mount)
            return int(reply["data"]["current_version"])

        try:
            return await self._session.call(version)
        except NotFoundError:
            return NEW

    async def _find_place(self) -> KvPlace:
        if self._version:
            return place_of(self._prefix, self._prefix.split("/")[0], self._version)
        path = f"/v1/sys/internal/ui/mounts/{self._prefix}"
        try:
            return await self._session.call(
                lambda client: _mount_in(client.adapter.get(path)["data"], self._prefix)
            )
        except DeniedError as err:
            raise DeniedError(
                f"Vault's token has no right on {self._prefix}, or there is no KV engine: {err}"
            ) from err


def _mount_in(data: dict[str, Any], prefix: str) -> KvPlace:
    if data["type"] != "kv":
        raise RejectedError(f"Vault's {data['path']} is no KV engine but {data['type']}")
    version = int((data.get("options") or {}).get("version", "1"))
    return place_of(prefix, data["path"], version)


def _engine(place: KvPlace) -> Callable[[hvac.Client], Any]:
    if place.version == 2:
        return lambda client: client.secrets.kv.v2
    return lambda client: client.secrets.kv.v1


def _read_1(client: hvac.Client, place: KvPlace, path: str) -> Fields | None:
    return dict(client.secrets.kv.v1.read_secret(path, mount_point=place.mount)["data"])


def _read_2(client: hvac.Client, place: KvPlace, path: str) -> Fields | None:
    reply = client.secrets.kv.v2.read_secret_version(
        path, mount_point=place.mount, raise_on_deleted_version=False
    )
    fields: Fields | None = reply["data"]["data"]
    return fields
