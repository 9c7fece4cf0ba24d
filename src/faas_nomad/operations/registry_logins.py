"""Gives functions' tasks what they pull their images with, and keeps that in step with secrets."""

from collections.abc import Callable

import structlog

from faas_nomad.clients.each import each, raise_first
from faas_nomad.clients.errors import BackendError
from faas_nomad.clients.login_store import LoginStore
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.clients.secret_store import NoSuchSecretError
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.cluster import PolicyOf
from faas_nomad.operations.nomad_version import KnownNomad
from faas_nomad.operations.ownerless_logins import OwnerlessLogins
from faas_nomad.operations.wanted_logins import Wanted, WantedLogins
from faas_nomad.state.functions import Functions
from faas_nomad.state.records import JobKey
from faas_nomad.translate.annotations import merged_annotations
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.pull_secrets import pull_secret_of
from faas_nomad.translate.registry_logins import (
    RegistryConfigError,
    RegistryLogin,
    TaskLogin,
    login_for,
    registry_of,
)
from faas_nomad.translate.secret_names import InvalidSecretError

log = structlog.get_logger()


class RegistryLogins:
    """Functions without such a secret cost nothing."""

    def __init__(
        self,
        store: LoginStore,
        functions: Functions,
        nomad: NomadClient,
        policy: PolicyOf,
        now_s: Callable[[], float],
    ) -> None:
        self._store = store
        self._functions = functions
        self._policy = policy
        self._wanted = WantedLogins(functions, policy)
        self._ownerless = OwnerlessLogins(store, functions, nomad, now_s)
        self._known = KnownNomad(nomad, now_s)
        self._kept: dict[JobKey, RegistryLogin] = {}

    async def prepare(
        self, fn: FunctionDeployment, key: JobKey, policy: JobPolicy
    ) -> TaskLogin | None:
        """Have the login readable for the job that is about to be registered, if it needs one.

        Raises:
            InvalidDeploymentError: The secret asked for does not exist, or has no login for the
                image's registry, or this Nomad is too old for logins; where the installation's
                secret is no such help, that is no reason to refuse.
        """
        pull = pull_secret_of(fn, merged_annotations(fn), policy)
        if pull is None or await self._known.leaves_out(pull):
            return None
        login = await self._login(Wanted(key, fn, pull))
        return await self._keep(key, login) if login else None

    async def release(self, fn: FunctionDeployment, key: JobKey) -> None:
        """The job is gone: forget its login; the next pass forgets it too."""
        try:
            if pull_secret_of(fn, merged_annotations(fn), await self._policy(key.region)):
                await self._forget(key)
        except (BackendError, InvalidDeploymentError) as err:
            log.warning("a registry login is left", function=fn.service, reason=str(err))

    async def renew(self, namespace: str, name: str) -> None:
        """A secret changed: so do the logins made of it; what fails is left to the next pass."""
        for wanted in await self._wanted.everywhere():
            if (wanted.key.namespace, wanted.pull.name) == (namespace, name):
                try:
                    await self._catch_up(wanted)
                except BackendError as err:
                    log.warning(
                        "a registry login is behind its secret",
                        function=wanted.fn.service,
                        reason=str(err),
                    )

    async def pass_over(self) -> None:
        """Bring all logins up to date, and remove those without a function.

        Raises:
            BackendError: The first that kept a login from it; the others were looked over.
        """
        wanted: list[Wanted] = []
        behind: list[BackendError] = []
        away: list[BackendError] = []
        for region in self._functions.picture.regions:
            try:
                here = await self._wanted.in_region(region)
            except BackendError as err:
                away.append(err)
            else:
                wanted += here
                behind += await each(self._catch_up, here)
        if not away and self._functions.picture.unseen_region is None:
            await self._compare(wanted)  # else nobody knows which logins have no function
        raise_first(away + behind)

    async def _compare(self, wanted: list[Wanted]) -> None:
        """Remove what none of `wanted` needs; what one lacks is written by the next pass."""
        kept = await self._ownerless.kept()
        owners = {(one.key.namespace, one.key.job_id) for one in wanted}
        here = owners & kept.keys()
        self._kept = {
            key: login for key, login in self._kept.items() if (key.namespace, key.job_id) in here
        }
        async for keys in self._ownerless.overdue(kept, owners):
            for key in keys:
                await self._forget(key)
            log.info("a registry login without a function was removed", job=keys[0].job_id)

    async def _catch_up(self, wanted: Wanted) -> None:
        """Write a login that changed; a secret that is gone, or says nothing, changes nothing."""
        try:
            if await self._known.leaves_out(wanted.pull):
                return
            login = await self._login(wanted)
        except InvalidDeploymentError as err:
            log.debug("a registry login stays as it is", reason=str(err))
            return
        if login and self._kept.get(wanted.key) != login:
            await self._keep(wanted.key, login)

    async def _login(self, wanted: Wanted) -> RegistryLogin | None:
        pull, registry = wanted.pull, registry_of(wanted.fn.image)
        expected = f"a secret with a login for {registry}"
        try:
            login = login_for(await self._store.value(wanted.key.namespace, pull.name), registry)
        except NoSuchSecretError:
            login, expected = None, "a secret that exists"
        except InvalidSecretError:
            login, expected = None, "a secret whose value can be read where it is kept"
        except RegistryConfigError as err:
            raise InvalidDeploymentError(pull.field, pull.name, str(err)) from err
        if login is None and pull.is_asked_for:
            raise InvalidDeploymentError(pull.field, pull.name, expected)
        return login

    async def _keep(self, key: JobKey, login: RegistryLogin) -> TaskLogin:
        kept = await self._store.in_region(key.region).keep(key.namespace, key.job_id, login)
        self._kept[key] = login
        return kept

    async def _forget(self, key: JobKey) -> None:
        self._kept.pop(key, None)
        await self._store.in_region(key.region).forget(key.namespace, key.job_id)
