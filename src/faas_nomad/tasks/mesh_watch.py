"""Keeps our certificate of Consul's mesh and the mesh's authorities as the agent has them.

Two queries wait at the agent, which renews the certificate itself before it ends; when little of
its life is left all the same, it is asked for anew. What was known last stands while Consul is
away.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Never

import structlog

from faas_nomad.clients.consul import ConsulClient
from faas_nomad.clients.errors import BackendError, UnexpectedReplyError
from faas_nomad.model.consul import MeshLeaf, MeshRoots
from faas_nomad.state.backends import BackendState
from faas_nomad.state.mesh import MeshIdentity, datacenter_of

log = structlog.get_logger()

LEAST_PAUSE_S = 0.1
FIRST_FAILED_PAUSE_S = 0.25
MAX_FAILED_PAUSE_S = 5.0
LATE_SHARE = 0.1
"""Of a certificate's life: with less of it left, a change is not waited for."""
LATE_PAUSE_S = 5.0

Follow = Callable[[int], Awaitable[int]]
"""Waits for what comes after an index and gives the next one."""
TakeIdentity = Callable[[MeshIdentity], None]


def is_late(leaf: MeshLeaf, unix_s: float) -> bool:
    """Return whether the certificate should have been replaced by now."""
    starts_s, ends_s = _unix_s(leaf["ValidAfter"]), _unix_s(leaf["ValidBefore"])
    return ends_s - unix_s < (ends_s - starts_s) * LATE_SHARE


def identity_of(leaf: MeshLeaf, roots: MeshRoots, datacenters: tuple[str, ...]) -> MeshIdentity:
    """Return who we are; `datacenters` are those with functions, besides our own.

    Raises:
        UnexpectedReplyError: What Consul sent is no identity of a service.
    """
    own = datacenter_of(leaf["ServiceURI"])
    if not own:
        raise UnexpectedReplyError("Consul's certificate is for no service")
    return MeshIdentity(
        certificate=leaf["CertPEM"],
        key=leaf["PrivateKeyPEM"],
        roots="".join(root["RootCert"] for root in roots["Roots"]),
        trust_domain=roots["TrustDomain"],
        datacenters=(own, *(one for one in datacenters if one != own)),
    )


class MeshWatch:
    """Follows both for ever and tells `take` each identity there is."""

    def __init__(
        self,
        consul: ConsulClient,
        service: str,
        datacenters: tuple[str, ...],
        state: BackendState,
        take: TakeIdentity,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now_s: Callable[[], float] = time.monotonic,
        unix_s: Callable[[], float] = time.time,
    ) -> None:
        self._consul = consul
        self._service = service
        self._datacenters = datacenters
        self._state = state
        self._take = take
        self._sleep = sleep
        self._now_s = now_s
        self._unix_s = unix_s
        self._leaf: MeshLeaf | None = None
        self._roots: MeshRoots | None = None
        self._identity: MeshIdentity | None = None
        self._failing: set[Follow] = set()

    def forever(self) -> list[Coroutine[Any, Any, Never]]:
        """Return the two tasks."""
        return [self._keep(self.follow_leaf), self._keep(self.follow_roots)]

    async def follow_leaf(self, after_index: int) -> int:
        """Wait for the next certificate and take it; return the index to wait beyond.

        Raises:
            BackendError: Consul cannot be asked, or has sent something unexpected.
        """
        answer = await self._consul.watch_mesh_leaf(self._service, after_index)
        self._leaf = answer.found
        with _understood():
            self._settle()
            if not is_late(answer.found, self._unix_s()):
                return answer.index
        await self._sleep(LATE_PAUSE_S)
        return 0

    async def follow_roots(self, after_index: int) -> int:
        """Wait for the next authorities and take them; otherwise as `follow_leaf`."""
        answer = await self._consul.watch_mesh_roots(after_index)
        self._roots = answer.found
        with _understood():
            self._settle()
        return answer.index

    async def _keep(self, follow: Follow) -> Never:
        index, failed_pause_s = 0, FIRST_FAILED_PAUSE_S
        while True:
            try:
                before, index = index, await follow(index)
                index = index if index >= before else 0
                failed_pause_s = FIRST_FAILED_PAUSE_S
                self._seen(follow)
                await self._sleep(LEAST_PAUSE_S)
            except BackendError as err:
                index = 0
                self._failing.add(follow)
                self._lost(err)
                await self._sleep(failed_pause_s)
                failed_pause_s = min(MAX_FAILED_PAUSE_S, failed_pause_s * 2)

    def _settle(self) -> None:
        """Tell the identity if it is new."""
        if self._leaf is None or self._roots is None:
            return
        identity = identity_of(self._leaf, self._roots, self._datacenters)
        left_s = _unix_s(self._leaf["ValidBefore"]) - self._unix_s()
        if identity != self._identity:
            self._take(identity)
            self._identity = identity
            log.info("a certificate of Consul's service mesh", left_s=round(left_s))
        self._state.token_ends_s = self._now_s() + left_s

    def _seen(self, follow: Follow) -> None:
        """It is well once both are answered: one alone renews nothing."""
        self._failing.discard(follow)
        if self._identity is not None and not self._failing:
            self._state.seen(self._now_s())

    def _lost(self, err: BackendError) -> None:
        if self._state.lost(self._now_s(), str(err)):
            log.warning("the certificate of Consul's service mesh is not renewed", reason=str(err))


@contextmanager
def _understood() -> Iterator[None]:
    """Turn what an odd answer leads to into an error about Consul, without what was in it."""
    try:
        yield
    except (KeyError, TypeError, AttributeError, ValueError, OSError) as err:
        reason = f"Consul sent no usable certificate: {type(err).__name__}"
        raise UnexpectedReplyError(reason) from err


def _unix_s(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
