"""Getting one request to a replica: choice, connection, body, and another try where allowed.

The hot path is `begin` → `dispatch` → `_send`: plain calls, no task and no future. The answer's
side is `exchange.Exchange`, which builds on this.
"""

from abc import ABC, abstractmethod

from faas_nomad.proxy.balance import sticky_key
from faas_nomad.proxy.bodies import CHUNKED, BadBodyError, Body, body_of
from faas_nomad.proxy.caller import Caller
from faas_nomad.proxy.connector import Connector
from faas_nomad.proxy.context import Context
from faas_nomad.proxy.errors import BadRequestError
from faas_nomad.proxy.health import FAILURES_TO_EJECT
from faas_nomad.proxy.local_answers import CONTINUE
from faas_nomad.proxy.relay import Relay
from faas_nomad.proxy.replica import Replica
from faas_nomad.proxy.retry import may_repeat
from faas_nomad.proxy.rewrite import request_message
from faas_nomad.proxy.target import Target
from faas_nomad.proxy.upstream import UpstreamConnection

JOINED_BYTES = 16_384
"""A body part up to this size is copied behind its head, to be one write; a larger one is not."""
REPLAY_BYTES = 65_536
"""What is kept of a request's body to send it again, or until there is a connection."""


class Sending(ABC):
    """The request's side of an exchange, and the state of both sides.

    All state is set here, in one call: there is one exchange for each request. `done` tells that
    it is over.
    """

    __slots__ = (
        "_answer_seen",
        "_body",
        "_body_bytes",
        "_caller",
        "_connector",
        "_context",
        "_first",
        "_fresh_only",
        "_head_come",
        "_interim",
        "_keep_alive",
        "_key",
        "_later",
        "_relay",
        "_replayable",
        "_replica",
        "_request",
        "_started_s",
        "_status",
        "_target",
        "_trace",
        "_tried",
        "_tries",
        "_upstream",
        "_upstream_at_eof",
        "done",
        "is_tunnel",
    )

    def __init__(
        self, caller: Caller, target: Target, context: Context, connector: Connector, now_s: float
    ) -> None:
        self._caller = caller
        self._request = caller.reader
        self._target = target
        self._context = context
        self._connector = connector
        self._started_s = now_s
        self._trace = b""
        self._key: bytes | None = None
        self._body: Body | None = None
        """None: nothing of the request is missing."""
        self._body_bytes = 0
        """What has come of it, where it did not come with the head."""
        self._first = b""
        """The head for the replica, and what goes along with it."""
        self._later: list[bytes] | None = None
        """What came after it."""
        self._replayable = True
        """All of the request so far is in memory."""
        self._replica: Replica | None = None
        self._upstream: UpstreamConnection | None = None
        self._tried: tuple[Replica, ...] = ()
        self._tries = 1
        self._fresh_only = False
        """Unused connections may be as stale as the one that broke."""
        self._status = 0
        """Of the answer; 0 until its head has come."""
        self._answer_seen = False
        """Something has come, but not its whole head."""
        self._head_come = b""
        """The beginning of the answer's head."""
        self._interim = 0
        self._keep_alive = True
        """What the answer's head said about the caller's connection."""
        self._relay: Relay | None = None
        """The answer's body, while some of it is missing."""
        self._upstream_at_eof = False
        self.done = False
        self.is_tunnel = False

    def begin(self, data: bytes, end: int) -> None:
        """Send on the request whose head is `data[:end]`."""
        request, target, caller = self._request, self._target, self._caller
        stop = end
        if request.length:
            try:
                stop = self._take_first_part(data, end)
            except BadRequestError as err:
                return caller.refuse(err)
        caller.deadline_s = self._started_s + target.timeout_s
        if target.is_function:
            start_s = self._started_s + self._context.wall_offset_s
            added, self._trace = caller.introducer.lines(request, start_s)
        else:
            added = caller.address_line + caller.introducer.forwarded(request)
            self._await_body()
        if target.sticky is not None:
            self._key = sticky_key(target.sticky, data[:end])
        if stop - end <= JOINED_BYTES:
            self._first = request_message(request, added, data, end, stop)
        else:
            self._first = request_message(request, added, data, end, end)
            self._later = [data[end:stop]]
        stats = target.stats
        stats.started += 1
        stats.in_flight += 1
        self.dispatch()
        if stop < len(data):
            caller.hold(data[stop:])

    @property
    def takes_data(self) -> bool:
        """Tell whether what the caller sends belongs to this exchange."""
        return self._body is not None or self.is_tunnel

    def request_data(self, data: bytes) -> int:
        """Take more of the request's body; return how much of `data` belongs to it.

        Raises:
            BadRequestError: It is malformed or too long.
        """
        taken = self._take_body(data)
        part = data if taken == len(data) else data[:taken]
        if self._replayable:
            self._keep_part(part)
        if self._upstream is not None:
            self._write_upstream(part)
        if not self._target.is_function:
            self._await_body()
        return taken

    def dispatch(self) -> None:
        """Find a replica and a connection to it, or wait for one."""
        replica = self._target.choose(self._tried, self._key)
        if replica is None:
            return self._without_replica()
        connection = None if self._fresh_only else replica.idle_connection()
        if connection is None and not replica.has_room():
            roomy = self._target.with_room(self._tried)
            if roomy is None:
                self._context.stats.limits["connections"] += 1
                return self._wait()
            replica, connection = roomy, roomy.idle_connection()
        self._replica = replica
        replica.in_flight += 1
        if connection is not None:
            self._send(connection)
        else:
            self._connector.connect(replica, self)

    def connected(self, connection: UpstreamConnection) -> None:
        """Use the new connection."""
        if connection.transport.is_closing():
            self.connect_failed(is_replicas=True)
        else:
            self._send(connection)

    def connect_failed(self, *, is_replicas: bool) -> None:
        """Nothing was sent: any request may go to another replica."""
        replica = self._leave_replica()
        if not is_replicas:
            return self.fail(503, "The proxy has no more sockets.")
        self._replica_failed(replica, FAILURES_TO_EJECT)
        if self._target.is_function:
            self._context.endpoint_failed(replica.id)
        self._tried += (replica,)
        if self._tries >= self._context.limits.max_tries:
            return self._without_replica()
        self._tries += 1
        self._context.stats.retries["not_connected"] += 1
        self.dispatch()

    @abstractmethod
    def fail(self, status: int, text: str, *, close: bool = False) -> None:
        """Answer `status`, or cut an answer that has begun; `close` when no request can follow."""

    @abstractmethod
    def response_data(self, data: bytes) -> None:
        """Take bytes from the replica."""

    @abstractmethod
    def upstream_lost(self, err: Exception | None) -> None:
        """The replica's connection is gone; without `err` the replica closed it in order."""

    @abstractmethod
    def upstream_eof(self) -> bool:
        """The replica sends no more; True keeps the connection for what goes to it."""

    @abstractmethod
    def upstream_full(self, *, full: bool) -> None:
        """The replica reads slower than the caller sends, or keeps up again."""

    # Choice and connection.

    def _without_replica(self) -> None:
        target = self._target
        if not target.is_function:
            return self.fail(503, "The control plane does not answer.")
        waker, may_try = self._context.waker, self._tries < self._context.limits.max_tries
        if waker is not None and may_try and not target.is_gone and waker.wake(target.name):
            return self._wait(self._started_s + self._context.limits.wake_time_s)
        if self._tried:
            return self.fail(502, f"Can't reach service for: {target.name}.")
        self.fail(503, f"No endpoints available for: {target.name}.")

    def _wait(self, until_s: float = float("inf")) -> None:
        """Wait until a connection is free or a replica comes."""
        held_bytes = len(self._first) + sum(map(len, self._later or ()))
        full = self._target.add_waiting(self, held_bytes)
        if full:
            self._context.stats.limits[full] += 1
            return self.fail(503, f"Too many requests are waiting for: {self._target.name}.")
        self._caller.deadline_s = min(self._caller.deadline_s, until_s)

    def resume(self) -> None:
        """Stop waiting, and try again to find a replica."""
        if not self.done:
            self._caller.deadline_s = self._started_s + self._target.timeout_s
            self.dispatch()

    @property
    def is_waiting(self) -> bool:
        """Tell whether it waits for a connection or a replica."""
        return self in self._target.waiting

    def _send(self, connection: UpstreamConnection) -> None:
        connection.owner = self
        self._upstream = connection
        if self._body_bytes > REPLAY_BYTES:
            self._caller.hold_reading(hold=False)  # it was held until there is a connection
        connection.transport.write(self._first)
        if self._later is not None:
            connection.transport.writelines(self._later)
        if self._request.continues and self._body is not None:
            self._request.continues = False
            if not self._body_bytes:
                self._caller.writer.write(CONTINUE)

    def _leave_replica(self) -> Replica:
        replica = self._replica
        assert replica is not None, "only a request that has a replica can leave it"
        replica.in_flight -= 1
        self._replica = None
        return replica

    def _replica_failed(self, replica: Replica, weight: int = 1) -> None:
        if replica.health.failed(self._context.now_s(), weight):
            self._context.stats.ejections += 1
            self._target.sort_out()

    def _repeat(self, *, stale: bool) -> bool:
        """Send the request again after its connection broke, if that is allowed."""
        replica = self._leave_replica()
        if stale:
            self._fresh_only = True
        else:
            self._replica_failed(replica)
            self._tried += (replica,)
        allowed = self._tries < self._context.limits.max_tries and may_repeat(
            self._request.method,
            whole_in_memory=self._replayable and self._body is None,
            answer_begun=bool(self._status or self._answer_seen),
        )
        if not allowed:
            return False
        if not self._target.budget.spend(self._target.stats.started):
            self._context.stats.limits["retry_budget"] += 1
            return False
        self._tries += 1
        self._context.stats.retries["stale" if stale else "broken"] += 1
        self.dispatch()
        return True

    # Head and body.

    def _await_body(self) -> None:
        """Limit the wait for a part of the body: a control-plane call has no other limit."""
        deadline_s = self._started_s + self._target.timeout_s
        if self._body is not None:
            deadline_s = self._context.now_s() + self._context.limits.body_time_s
        self._caller.deadline_s = deadline_s

    def _take_first_part(self, data: bytes, end: int) -> int:
        """Return where the body's part that is in `data` ends."""
        length = self._request.length
        max_bytes = self._context.limits.max_body_bytes
        if max_bytes and length > max_bytes:
            raise BadRequestError(413, f"the body is longer than {max_bytes} bytes", "body")
        if length != CHUNKED and end + length <= len(data):
            return end + length
        self._body = body_of(length, self._context.limits.max_trailer_bytes)
        return end + self._take_body(data[end:])

    def _take_body(self, data: bytes) -> int:
        body = self._body
        assert body is not None, "only a request with a body gets more data"
        try:
            taken = body.take(data)
        except BadBodyError as err:
            raise BadRequestError(400, str(err)) from None
        self._body_bytes += taken
        max_bytes = self._context.limits.max_body_bytes
        if max_bytes and self._body_bytes > max_bytes:
            raise BadRequestError(413, f"the body is longer than {max_bytes} bytes", "body")
        if body.done:
            self._body = None
        return taken

    def _keep_part(self, part: bytes) -> None:
        """Keep a part to send it again, or until there is a connection; within bounds."""
        if self._body_bytes <= REPLAY_BYTES or self._upstream is None:
            self._later = self._later or []
            self._later.append(part)
            if self._body_bytes > REPLAY_BYTES:
                self._caller.hold_reading(hold=True)
            if self._target.leave_waiting(self):
                self._wait()  # again, with more bytes
        else:
            self.forget_request()

    def forget_request(self) -> None:
        """The request will not be sent again."""
        self._replayable, self._first, self._later = False, b"", None

    def _write_upstream(self, data: bytes) -> None:
        upstream = self._upstream
        # Between EOF and connection_lost a transport is closing and must not be written to.
        if upstream is not None and not upstream.transport.is_closing():
            upstream.transport.write(data)
