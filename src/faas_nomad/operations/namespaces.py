"""Create, read, update and delete namespaces for functions.

Nomad has no check-and-set on namespaces: of two who write at the same moment the later one wins.
"""

from faas_nomad.clients.errors import DeniedError, NotFoundError, RejectedError
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.secret_store import SecretStore
from faas_nomad.model.openfaas import FunctionNamespace
from faas_nomad.operations.errors import (
    NamespaceDeniedError,
    NamespaceExistsError,
    NamespaceInUseError,
    NamespaceNotFoundError,
)
from faas_nomad.state.functions import Functions
from faas_nomad.translate.errors import InvalidNamespaceError
from faas_nomad.translate.namespaces import (
    check_namespace,
    is_marked,
    namespace_body,
    namespace_from_nomad,
)
from faas_nomad.translate.validation import NAMESPACE

_IN_USE = " has "
"""In Nomad's refusal to delete: `namespace "a" has variables in regions: [global]`."""


class NamespaceOperations:
    """The calls of `/system/namespace`; what is changed here is known at once."""

    def __init__(self, nomad: NomadClient, functions: Functions, secrets: SecretStore) -> None:
        self._nomad = nomad
        self._functions = functions
        self._names = functions.names
        self._secrets = secrets

    async def read(self, name: str) -> FunctionNamespace:
        """Return a namespace for functions. Raises: NamespaceNotFoundError."""
        nomad_name = self._names.to_nomad_namespace(name)
        present = await self._present(name, nomad_name)
        return namespace_from_nomad(self._names.openfaas_namespace(nomad_name), present)

    async def create(self, wanted: FunctionNamespace) -> None:
        """Make a new namespace.

        Raises:
            InvalidNamespaceError: The name is none, or the mark is missing.
            NamespaceExistsError: There is one, or a Nomad namespace that is not for functions.
        """
        check_namespace(wanted)
        nomad_name = self._names.to_nomad_namespace(wanted.name)
        if await self._find(nomad_name) is not None:
            raise NamespaceExistsError(wanted.name)
        await self._write(namespace_body(wanted, nomad_name, {}))
        self._functions.namespaces.learn(self._functions.namespaces.names | {nomad_name})

    async def update(self, wanted: FunctionNamespace) -> None:
        """Replace labels and annotations.

        Raises:
            InvalidNamespaceError: The mark is missing: a namespace stays for functions.
            NamespaceNotFoundError: There is none of that name.
        """
        check_namespace(wanted)
        nomad_name = self._names.to_nomad_namespace(wanted.name)
        present = await self._present(wanted.name, nomad_name)
        await self._write(namespace_body(wanted, nomad_name, present))

    async def delete(self, name: str) -> None:
        """Forget an empty namespace.

        Raises:
            InvalidNamespaceError: It is the default one.
            NamespaceNotFoundError: There is none of that name.
            NamespaceInUseError: It holds functions, secrets, or what Nomad tells.
        """
        nomad_name = self._names.to_nomad_namespace(name)
        if nomad_name == self._names.nomad_namespace:
            raise InvalidNamespaceError(f"name: {name!r} is the default namespace, which stays")
        await self._present(name, nomad_name)
        await self._check_empty(name, nomad_name)
        try:
            await self._nomad.delete_namespace(nomad_name)
        except DeniedError as err:
            raise NamespaceDeniedError from err
        except RejectedError as err:
            if _IN_USE not in str(err):
                raise
            raise NamespaceInUseError(name, f"more than functions ({err})") from err
        self._functions.namespaces.forget(nomad_name)

    async def _check_empty(self, name: str, nomad_name: str) -> None:
        functions = len(self._functions.directory.in_namespace(nomad_name))
        if functions:
            raise NamespaceInUseError(name, _count(functions, "function"))
        secrets = len(await self._secrets.names(nomad_name))
        if secrets:
            raise NamespaceInUseError(name, _count(secrets, "secret"))

    async def _present(self, name: str, nomad_name: str) -> dict[str, object]:
        found = await self._find(nomad_name)
        is_default = nomad_name == self._names.nomad_namespace
        if found is None or not (is_default or is_marked(found)):
            raise NamespaceNotFoundError(name)
        return found

    async def _find(self, nomad_name: str) -> dict[str, object] | None:
        """Return the namespace; None also when the token may not see it.

        What is no name is not asked for: as a path, `.` is another call.
        """
        if not NAMESPACE.fullmatch(nomad_name):
            return None
        try:
            return await self._nomad.read_namespace(nomad_name)
        except (NotFoundError, DeniedError):
            return None

    async def _write(self, body: dict[str, object]) -> None:
        try:
            await self._nomad.write_namespace(body)
        except DeniedError as err:
            raise NamespaceDeniedError from err


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"
