"""A caller's connection below its requests: whether it is read, what was read ahead, how it ends.

What a caller sends ahead (pipelining) is held, bounded, until its turn comes. What the bytes mean
is for `downstream.Downstream`, which builds on this.
"""

import asyncio
import socket
import struct
from abc import abstractmethod
from contextlib import suppress

from faas_nomad.proxy.caller import After, Conversation
from faas_nomad.proxy.errors import BadRequestError
from faas_nomad.proxy.front import Front
from faas_nomad.proxy.local_answers import local_answer

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, 0 s: abort sends RST instead of FIN


class CallerConnection(asyncio.Protocol):
    """`deadline_s` is its one time limit, whatever it is doing."""

    __slots__ = (
        "_context",
        "_exchange",
        "_front",
        "_held",
        "_hold_own",
        "_hold_wanted",
        "_is_over",
        "_is_reading",
        "_pump_planned",
        "_writing_paused",
        "at_eof",
        "deadline_s",
        "may_stay",
        "writer",
    )

    writer: asyncio.Transport

    def __init__(self, front: Front) -> None:
        self._front = front
        self._context = front.context
        self._exchange: Conversation | None = None
        self._held = b""
        """Read, but not yet part of a request."""
        self._hold_own = False
        """So much is held that no more is read."""
        self._hold_wanted = False
        """The exchange wants no more to be read."""
        self._is_over = False
        """Nothing more will be read from it."""
        self._is_reading = True
        self._pump_planned = False
        self._writing_paused = False
        self.at_eof = False
        self.deadline_s = 0.0
        self.may_stay = not front.context.draining

    @abstractmethod
    def _take(self, data: bytes) -> None:
        """Take bytes whose turn has come."""

    # What is read.

    def has_held(self) -> bool:
        """Tell whether more than the present request has been read."""
        return bool(self._held)

    def hold(self, data: bytes) -> None:
        """Keep what was read behind the request until its turn comes."""
        self._held += data
        if self._exchange is None:
            self._plan_pump()
        if len(self._held) > self._context.limits.max_held_bytes:
            self._hold_own = True
            self._context.stats.limits["pipelined"] += 1
            self._settle_reading()

    def take_held(self) -> bytes:
        """Return what was read behind the request, and forget it."""
        held, self._held = self._held, b""
        self._hold_own = False
        self._settle_reading()
        return held

    def hold_reading(self, *, hold: bool) -> None:
        """Stop or go on reading, for the exchange."""
        self._hold_wanted = hold
        self._settle_reading()

    def _settle_reading(self) -> None:
        reading = not (self._hold_wanted or self._hold_own)
        if reading != self._is_reading and not self.at_eof and not self.writer.is_closing():
            self._is_reading = reading
            if reading:
                self.writer.resume_reading()
            else:
                self.writer.pause_reading()

    def _plan_pump(self) -> None:
        """Read on soon: not at once, as many held requests would nest as deep."""
        if not self._pump_planned:
            self._pump_planned = True
            asyncio.get_running_loop().call_soon(self._pump)

    def _pump(self) -> None:
        self._pump_planned = False
        if self._exchange is None and not self._is_over and not self._writing_paused:
            held = self.take_held()
            if held:
                self._take(held)

    def pause_writing(self) -> None:
        """The caller reads slowly: stop reading what is for it, and its further requests."""
        self._writing_paused = True
        self._context.stats.limits["unread"] += 1
        if self._exchange is not None:
            self._exchange.caller_full(full=True)

    def resume_writing(self) -> None:
        """The caller has caught up."""
        self._writing_paused = False
        if self._exchange is not None:
            self._exchange.caller_full(full=False)
        elif self._held:
            self._plan_pump()

    # How it ends.

    def refuse(self, err: BadRequestError) -> None:
        """Answer and close: where the next request begins is not known."""
        self._exchange = None
        self._context.stats.hit(err.limit)
        self._context.stats.refused[err.status] += 1
        self.writer.write(local_answer(err.status, err.reason, keep=False))
        self._leave(After.LINGER, self._context.now_s())

    def send_eof(self) -> bool:
        """Tell the caller that no more will come; False: only a close can tell it, as over TLS."""
        can_tell = not self.writer.is_closing() and self.writer.can_write_eof()
        if can_tell:
            self.writer.write_eof()
        return can_tell

    def leave(self) -> None:
        """Close it behind its next answer."""
        self.may_stay = False

    def drain(self) -> None:
        """Close it if no request is in progress; otherwise its end will."""
        self.leave()
        if self._exchange is None and not self._held:
            self._close()

    def cut(self) -> None:
        """Close at once and so that the caller cannot take a part for the whole."""
        self._is_over = True
        sock = self.writer.get_extra_info("socket")
        if sock is not None:  # as over TLS once the connection below is gone
            with suppress(OSError):  # it is closed already
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        self.writer.abort()

    def _can_stay(self, has_more: bool) -> bool:
        """Tell whether another request can come; `has_more`: more than this one has."""
        return not self._context.draining and (has_more or not self.at_eof)

    def _leave(self, after: After, now_s: float) -> None:
        if self._is_over:
            return
        if after is After.LINGER:
            self._linger(now_s)
        elif after is After.CUT:
            self.cut()
        else:
            self._close()

    def _linger(self, now_s: float) -> None:
        """Say that it is over and throw away what still comes (RFC 9112 9.6).

        An early close would send RST, and the caller could lose the answer.
        """
        self._is_over = True
        self.deadline_s = now_s + self._context.limits.linger_time_s
        self.take_held()
        self.send_eof()
        if self.at_eof:
            self.writer.close()

    def _close(self) -> None:
        """Close once all is written, which a slow reader may delay for as long as it may idle."""
        self._is_over = True
        self.deadline_s = self._context.now_s() + self._context.limits.idle_time_s
        self.writer.close()
