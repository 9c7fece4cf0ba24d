"""Of several instances one decides: the holder of a lease in a Nomad variable.

`state.lease_clock` has the rules. The variable also carries the holder's question to all others,
who wait for its next change; so it reaches them at once.
"""

import asyncio
import time
from collections.abc import Callable
from typing import Never

import structlog

from faas_nomad.clients.errors import BackendError, ConflictError
from faas_nomad.clients.nomad_variables import NomadVariables
from faas_nomad.model.instances import Ask, MeetingPlace, lease_from_items, lease_items
from faas_nomad.state.lease_clock import BEAT_S, LeaseClock

log = structlog.get_logger()

WRITE_WITHIN_S = 3.0
"""For a change of the lease; a later answer would come after its end."""
RELEASE_WITHIN_S = 1.0


class Lease:
    """`run` never returns; `asked` is told every question of another holder."""

    def __init__(
        self,
        variables: NomadVariables,
        place: MeetingPlace,
        me: str,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self.asked: Callable[[Ask | None], None] = lambda _ask: None
        self._variables = variables
        self._namespace = place.namespace
        self._path = place.decider
        self._clock = LeaseClock(me)
        self._now_s = now_s
        self._beat = 0
        self._ask: Ask | None = None
        self._writing = asyncio.Lock()
        self._fault = ""
        self._was_held = False

    @property
    def is_held(self) -> bool:
        """Whether this instance decides, now."""
        return self._clock.is_held(self._now_s())

    async def run(self) -> Never:
        """Keep the lease, or try to get it, for ever."""
        try:
            while True:
                await self._round()
                self._tell_change()
        finally:
            if self.is_held:
                await asyncio.shield(self._release())

    async def ask(self, ask: Ask | None) -> bool:
        """Put a question to all others, or take it back; tell whether it is known to Nomad."""
        self._ask = ask
        try:
            return self.is_held and await self._write()
        except BackendError:
            return False

    async def _round(self) -> None:
        try:
            if self._clock.holder == self._clock.me:
                await asyncio.sleep(BEAT_S)
            else:
                await self._watch()
            if self._clock.may_write(self._now_s()):
                await self._write()
            self._fault = ""
        except BackendError as err:
            if str(err) != self._fault:
                log.warning("the lease to decide on scaling cannot be had", why=str(err))
            self._fault = str(err)
            await asyncio.sleep(BEAT_S / 2)
            await self._look_again()

    async def _watch(self) -> None:
        """Read the variable when it has changed, or a beat later."""
        found = await self._variables.wait(self._namespace, self._path, self._clock.index, BEAT_S)
        holder, ask = lease_from_items(found.items)
        self._clock.saw(holder, found.modify_index, self._now_s())
        if holder != self._clock.me:
            self.asked(ask)
        if not found.modify_index:
            await asyncio.sleep(0)

    async def _look_again(self) -> None:
        """After a failed write nobody knows what is there."""
        try:
            found = await self._variables.find(self._namespace, self._path)
        except BackendError:
            return
        self._clock.saw(lease_from_items(found.items)[0], found.modify_index, self._now_s())

    async def _write(self) -> bool:
        async with self._writing:
            sent_s = self._now_s()
            self._beat += 1
            if not self._clock.is_held(sent_s):
                self._ask = None
            items = lease_items(self._clock.me, self._beat, self._ask)
            try:
                async with asyncio.timeout(WRITE_WITHIN_S):
                    index = await self._variables.put(
                        self._namespace, self._path, items, expected_index=self._clock.index
                    )
            except (ConflictError, TimeoutError):
                await self._look_again()
                return False
            self._clock.wrote(index, sent_s)
            return True

    async def _release(self) -> None:
        items = lease_items("", self._beat, None)
        try:
            async with asyncio.timeout(RELEASE_WITHIN_S):
                await self._variables.put(
                    self._namespace, self._path, items, expected_index=self._clock.index
                )
        except (BackendError, TimeoutError) as err:
            log.debug("the lease ends by itself", why=str(err))

    def _tell_change(self) -> None:
        held = self.is_held
        if held != self._was_held:
            log.info("this instance decides on scaling" if held else "another instance decides")
        self._was_held = held
