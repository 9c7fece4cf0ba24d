"""What the Nomad of now lacks is left out of jobs, and told once in the log."""

from collections.abc import Callable

import structlog

from faas_nomad.clients.errors import BackendError
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.nomad_version import (
    TASK_SECRETS,
    agent_version,
    oldest_version,
    shown,
    version_of,
)
from faas_nomad.translate.pull_secrets import PullSecret

log = structlog.get_logger()

VERSION_LASTS_S = 60.0
"""Nomad may be updated while this service runs."""


class KnownNomad:
    """Asks for the version only when something depends on it, and at most once a minute."""

    def __init__(self, nomad: NomadClient, now_s: Callable[[], float]) -> None:
        self._nomad = nomad
        self._now_s = now_s
        self._text = ""
        self._read_at_s: float | None = None
        self._told = ""

    async def leaves_out(self, pull: PullSecret) -> bool:
        """Return whether a job goes without the login that it would have on a newer Nomad.

        A version that cannot be learnt is taken to be new enough.

        Raises:
            InvalidDeploymentError: The function's owner asked for the login.
        """
        text = await self._version()
        version = version_of(text)
        if version is None or version >= TASK_SECRETS:
            return False
        if pull.is_asked_for:
            expected = f"of use before Nomad {shown(TASK_SECRETS)}; this one is {text}"
            raise InvalidDeploymentError(pull.field, pull.name, expected)
        if self._told != text:
            self._told = text
            log.warning(
                "registry logins are left out of jobs, images are pulled without",
                nomad=text,
                needed=shown(TASK_SECRETS),
            )
        return True

    async def _version(self) -> str:
        now_s = self._now_s()
        if self._read_at_s is None or now_s - self._read_at_s > VERSION_LASTS_S:
            self._text, self._read_at_s = await self._read() or self._text, now_s
        return self._text

    async def _read(self) -> str:
        """The agent needs `agent:read`, which the shipped policy does not ask for; nodes do too."""
        try:
            return agent_version(await self._nomad.read_agent())
        except BackendError:
            pass
        try:
            return oldest_version(await self._nomad.list_nodes())
        except BackendError as err:
            log.info("Nomad's version cannot be read, it is taken to be new", reason=str(err))
            return ""
