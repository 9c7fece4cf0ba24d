"""The job policy that fits the cluster as it is now: settings where they say, nodes where not."""

import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from faas_nomad.clients.errors import DeniedError
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.translate.cluster import (
    FALLBACK_MHZ_PER_CORE,
    ClusterFacts,
    choose_driver,
    facts_from_nodes,
)
from faas_nomad.translate.policy import JobPolicy

log = structlog.get_logger()

FACTS_LAST_S = 60.0
"""Nodes come and go slowly; a deploy seldom waits for this question."""


class ClusterPolicy:
    """Gives the policy for the next job; asks for the nodes at most once a minute."""

    def __init__(
        self,
        nomad: NomadClient,
        base: JobPolicy,
        *,
        driver: str,
        mhz_per_core: int,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._nomad = nomad
        self._base = base
        self._driver = driver
        self._mhz_per_core = mhz_per_core
        self._now_s = now_s
        self._facts: ClusterFacts | None = None
        self._read_at_s = 0.0

    async def current(self) -> JobPolicy:
        """Return the policy; without the right to read nodes, the settings' and fixed values.

        Raises:
            BackendError: Nomad cannot be asked and was never asked before.
        """
        if self._driver != "auto" and self._mhz_per_core:
            return self._resolved(ClusterFacts(frozenset(), self._mhz_per_core))
        stale = self._now_s() - self._read_at_s > FACTS_LAST_S
        if self._facts is None or stale:
            self._facts = await self._read()
            self._read_at_s = self._now_s()
        return self._resolved(self._facts)

    async def _read(self) -> ClusterFacts:
        try:
            return facts_from_nodes(await self._nomad.list_nodes())
        except DeniedError as err:
            log.warning("nodes cannot be read, drivers and speed are assumed", reason=str(err))
            return ClusterFacts(frozenset(), FALLBACK_MHZ_PER_CORE)

    def _resolved(self, facts: ClusterFacts) -> JobPolicy:
        return replace(
            self._base,
            driver=choose_driver(self._driver, facts),
            mhz_per_core=self._mhz_per_core or facts.mhz_per_core,
        )
