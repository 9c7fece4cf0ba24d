"""Getting one request to a replica: choice, connection, body, and another try where allowed.

The hot path is `begin` → `dispatch` → `_send`: plain calls, no task and no future. The answer's
side is `exchange.Exchange`, which builds on this.
"""

from abc import ABC, abstractmethod

from faas_nomad.proxy.attempts import Attempts
from faas_nomad.proxy.balance import sticky_key
from faas_nomad.proxy.blame import OURS, Blame
from faas_nomad.proxy.caller import Caller
from faas_nomad.proxy.errors import BadRequestError
from faas_nomad.proxy.health import FAILURES_TO_EJECT
from faas_nomad.proxy.local_answers import CONTINUE
from faas_nomad.proxy.relay import Relay
from faas_nomad.proxy.replica import Replica
from faas_nomad.proxy.retry import IDEMPOTENT, may_repeat
from faas_nomad.proxy.rewrite import request_message
from faas_nomad.proxy.target import Target
from faas_nomad.proxy.upload import REPLAY_BYTES, Upload, check_size
from faas_nomad.proxy.upstream import UpstreamConnection


class Sending(ABC):
    """The request's side of an exchange, and the state of both sides.

    There is one exchange for each request, so state that is rarely needed is in objects of its
    own, made when it is needed. `done` tells that the exchange is over.
    """

    __slots__ = (
        "_attempts",
        "_caller",
        "_context",
        "_first",
        "_head_come",
        "_interim",
        "_keep_alive",
        "_relay",
        "_replica",
        "_request",
        "_started_s",
        "_status",
        "_target",
        "_trace",
        "_upload",
        "_upstream",
        "done",
    )

    _trace: bytes
    """The lines for the caller that tell which call it was."""
    _first: bytes
    """The head for the replica and what came of the body along with it; b"" once it cannot be sent
    again."""

    def __init__(self, caller: Caller, target: Target) -> None:
        self._caller = caller
        self._request = caller.reader
        self._target = target
        context = self._context = target.context
        self._started_s = context.now_s()
        self._upload: Upload | None = None
        """None: the request came whole."""
        self._attempts: Attempts | None = None
        """None: nothing has failed, and any replica will do."""
        self._replica: Replica | None = None
        self._upstream: UpstreamConnection | None = None
        self._status = 0
        """Of the answer; 0 until its head has come."""
        self._head_come = b""
        """The beginning of the answer's head."""
        self._interim = 0
        """1xx heads that have come."""
        self._keep_alive = True
        """What the answer's head said about the caller's connection."""
        self._relay: Relay | None = None
        """The answer's body, while some of it is missing."""
        self.done = False

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
            added, self._trace = caller.address_line + caller.introducer.forwarded(request), b""
            self._await_body()
        if target.sticky is not None:
            self._attempts = Attempts(sticky_key(target.sticky, data[:end]))
        self._first = request_message(request, added, data, end, stop)
        stats = target.stats
        stats.started += 1
        stats.in_flight += 1
        self.dispatch()
        if stop < len(data):
            caller.hold(data[stop:])

    @property
    def takes_data(self) -> bool:
        """Tell whether what the caller sends belongs to this exchange."""
        return self._upload is not None and self._upload.missing is not None

    def request_data(self, data: bytes) -> int:
        """Take more of the request's body; return how much of `data` belongs to it."""
        upload = self._upload
        assert upload is not None, "only a request with a body gets more data"
        try:
            taken = upload.take(data)
        except BadRequestError as err:
            self._context.stats.hit(err.limit)
            self.fail(err.status, err.reason, close=True)
            return len(data)
        part = data if taken == len(data) else data[:taken]
        if self._first:
            self._keep_part(upload, part)
        upstream = self._upstream
        # Between EOF and connection_lost a transport is closing and must not be written to.
        if upstream is not None and not upstream.transport.is_closing():
            upstream.transport.write(part)
        if not self._target.is_function:
            self._await_body()
        return taken

    def dispatch(self) -> None:
        """Find a replica and a connection to it, or wait for one."""
        attempts = self._attempts
        replica = self._target.choose(attempts)
        if replica is None:
            return self._without_replica()
        connection = None
        if attempts is None or not attempts.fresh_only:
            connection = replica.idle_connection()
        if connection is None and not replica.has_room():
            roomy = self._target.with_room(attempts)
            if roomy is None:
                self._context.stats.limits["connections"] += 1
                return self._wait()
            replica, connection = roomy, roomy.idle_connection()
        self._replica = replica
        replica.in_flight += 1
        if connection is not None:
            self._send(connection)
        else:
            self._caller.connector.connect(replica, self)

    def connected(self, connection: UpstreamConnection) -> None:
        """Use the new connection."""
        if connection.transport.is_closing():
            self.connect_failed(Blame.REPLICA)
        else:
            self._send(connection)

    def connect_failed(self, blame: Blame) -> None:
        """Nothing was sent: any request may go to another replica."""
        replica = self._leave_replica()
        if blame in OURS:
            return self.fail(503, OURS[blame])
        attempts = self._attempts = self._attempts or Attempts()
        attempts.tried += (replica,)
        if blame is Blame.MESH:
            attempts.is_refused = True
        else:
            self._not_reached(replica)
        if attempts.tries >= self._context.limits.max_tries:
            return self._without_replica()
        attempts.tries += 1
        self._context.stats.retries["not_connected"] += 1
        self.dispatch()

    def resume(self) -> None:
        """Stop waiting, and try again to find a replica."""
        if not self.done:
            self._caller.deadline_s = self._started_s + self._target.timeout_s
            self.dispatch()

    @property
    def is_waiting(self) -> bool:
        """Tell whether it waits for a connection or a replica."""
        return self in self._target.waiting

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
        target, context, attempts = self._target, self._context, self._attempts
        if not target.is_function:
            return self.fail(503, "The control plane does not answer.")
        if attempts is not None and attempts.is_refused:
            return self.fail(502, f"Consul's service mesh refuses us calls of: {target.name}.")
        may_try = attempts is None or attempts.tries < context.limits.max_tries
        may_wake = context.waker is not None and may_try and not target.is_gone
        if may_wake and context.waker is not None and context.waker.wake(target.name):
            return self._wait(self._started_s + context.limits.wake_time_s)
        if attempts is not None and attempts.tried:
            return self.fail(502, f"Can't reach service for: {target.name}.")
        self.fail(503, f"No endpoints available for: {target.name}. {target.why}".rstrip())

    def _wait(self, until_s: float = float("inf")) -> None:
        """Wait until a connection is free or a replica comes."""
        held_bytes = len(self._first)
        if self._upload is not None:
            held_bytes += sum(map(len, self._upload.kept))
        full = self._target.add_waiting(self, held_bytes)
        if full:
            self._context.stats.limits[full] += 1
            return self.fail(503, f"Too many requests are waiting for: {self._target.name}.")
        self._caller.deadline_s = min(self._caller.deadline_s, until_s)

    def _send(self, connection: UpstreamConnection) -> None:
        connection.owner = self
        self._upstream = connection
        connection.transport.write(self._first)
        if self._upload is not None:
            self._send_upload(connection, self._upload)
        if len(self._first) > REPLAY_BYTES and self._request.method not in IDEMPOTENT:
            self.forget_request()  # so that the next request finds its memory still mapped

    def _send_upload(self, connection: UpstreamConnection, upload: Upload) -> None:
        if upload.is_large:
            self._caller.hold_reading(hold=False)  # it was held until there is a connection
        if upload.kept:
            connection.transport.writelines(upload.kept)
        if self._request.continues and upload.missing is not None:
            self._request.continues = False
            if not upload.come_bytes:
                self._caller.writer.write(CONTINUE)

    def _leave_replica(self) -> Replica:
        replica = self._replica
        assert replica is not None, "only a request that has a replica can leave it"
        replica.in_flight -= 1
        self._replica = None
        return replica

    def _not_reached(self, replica: Replica) -> None:
        self._replica_failed(replica, FAILURES_TO_EJECT)
        if self._target.is_function:
            self._context.endpoint_failed(replica.id)

    def _replica_failed(self, replica: Replica, weight: int = 1) -> None:
        if replica.health.failed(self._context.now_s(), weight):
            self._context.stats.ejections += 1
            self._target.sort_out()

    def _repeat(self, *, stale: bool) -> bool:
        """Send the request again after its connection broke, if that is allowed."""
        replica = self._leave_replica()
        attempts = self._attempts = self._attempts or Attempts()
        if stale:
            attempts.fresh_only = True
        else:
            self._replica_failed(replica)
            attempts.tried += (replica,)
        upload = self._upload
        allowed = attempts.tries < self._context.limits.max_tries and may_repeat(
            self._request.method,
            whole_in_memory=bool(self._first) and (upload is None or upload.missing is None),
            answer_begun=bool(self._status or self._head_come or self._interim),
        )
        if not allowed:
            return False
        percent = self._context.limits.retry_percent
        if not self._target.budget.spend(self._target.stats.started, percent):
            self._context.stats.limits["retry_budget"] += 1
            return False
        attempts.tries += 1
        self._context.stats.retries["stale" if stale else "broken"] += 1
        self.dispatch()
        return True

    # The body.

    def _await_body(self) -> None:
        """Limit the wait for a part of the body: a control-plane call has no other limit."""
        deadline_s = self._started_s + self._target.timeout_s
        if self.takes_data:
            deadline_s = self._context.now_s() + self._context.limits.body_time_s
        self._caller.deadline_s = deadline_s

    def _take_first_part(self, data: bytes, end: int) -> int:
        """Return where the body's part that is in `data` ends."""
        length, limits = self._request.length, self._context.limits
        check_size(length, limits.max_body_bytes)
        if 0 <= length <= len(data) - end:
            return end + length
        upload = self._upload = Upload(length, limits)
        return end + upload.take(data[end:])

    def _keep_part(self, upload: Upload, part: bytes) -> None:
        """Keep a part to send it again, or until there is a connection; within bounds."""
        if upload.is_large and self._upstream is not None:
            return self.forget_request()
        upload.kept.append(part)
        if upload.is_large:
            self._caller.hold_reading(hold=True)
        if self._target.leave_waiting(self):
            self._wait()  # again, with more bytes

    def forget_request(self) -> None:
        """The request will not be sent again."""
        self._first = b""
        if self._upload is not None:
            self._upload.forget()
