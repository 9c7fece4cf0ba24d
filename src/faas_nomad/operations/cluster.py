"""The job policy that fits the cluster as it is now: settings where they say, nodes where not."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from faas_nomad.clients.errors import BackendError, DeniedError
from faas_nomad.clients.nomad import NomadClient
from faas_nomad.translate.cluster import (
    FALLBACK_MHZ_PER_CORE,
    ClusterFacts,
    choose_driver,
    facts_from_nodes,
)
from faas_nomad.translate.policy import JobPolicy, Watchdog

log = structlog.get_logger()

FACTS_LAST_S = 60.0
"""Nodes come and go slowly; a deploy seldom waits for this question."""


class PolicyOf(Protocol):
    """Gives the policy for the next job in a region; `ClusterPolicy.current`."""

    def __call__(self, region: str = "") -> Awaitable[JobPolicy]:
        """Return it. Raises: BackendError."""
        ...


@dataclass(frozen=True)
class _Read:
    """What a region's nodes are like, and when that was read."""

    facts: ClusterFacts
    at_s: float


class ClusterPolicy:
    """Gives the policy for the next job; asks for a region's nodes at most once a minute."""

    def __init__(
        self,
        nomad: NomadClient,
        base: JobPolicy,
        make_watchdog: Callable[[], Watchdog],
        *,
        driver: str,
        mhz_per_core: int,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._nomad = nomad
        self._base = base
        self._make_watchdog = make_watchdog
        self._watchdog: Watchdog | None = None
        self._driver = driver
        self._mhz_per_core = mhz_per_core
        self._now_s = now_s
        self._known: dict[str, _Read] = {}

    async def current(self, region: str = "") -> JobPolicy:
        """Return the policy; if nodes were never read for lack of rights, fixed values for them.

        Raises:
            BackendError: Nomad cannot be asked and was never asked before.
        """
        if self._watchdog is None:  # a quarter of a second that a start does without
            self._watchdog = await asyncio.to_thread(self._make_watchdog)
        if self._driver != "auto" and self._mhz_per_core:
            return self._resolved(ClusterFacts(frozenset(), self._mhz_per_core))
        known = self._known.get(region)
        if known is None or self._now_s() - known.at_s > FACTS_LAST_S:
            facts = await self._read(region, known.facts if known else None)
            known = self._known[region] = _Read(facts, self._now_s())
        return self._resolved(known.facts)

    async def _read(self, region: str, known: ClusterFacts | None) -> ClusterFacts:
        """Return the facts as they are now; as they were known where that cannot be asked."""
        try:
            return facts_from_nodes(await self._nomad.in_region(region).list_nodes())
        except BackendError as err:
            if known is not None:
                log.warning("nodes cannot be read, what was known stands", reason=str(err))
                return known
            if not isinstance(err, DeniedError):
                raise
            log.warning("nodes cannot be read, drivers and speed are assumed", reason=str(err))
            return ClusterFacts(frozenset(), FALLBACK_MHZ_PER_CORE)

    def _resolved(self, facts: ClusterFacts) -> JobPolicy:
        assert self._watchdog is not None
        return replace(
            self._base,
            watchdog=self._watchdog,
            driver=choose_driver(self._driver, facts),
            mhz_per_core=self._mhz_per_core or facts.mhz_per_core,
            nomad_version=facts.nomad_version,
        )
