"""Finding a replica and a connection for one request, or another after a failure, or a wait.

Plain calls on the hot path, no task and no future: see `dispatch`.
"""

from abc import abstractmethod

from faas_nomad.proxy.attempts import Attempts
from faas_nomad.proxy.blame import OURS, Blame
from faas_nomad.proxy.exchange_state import ExchangeState
from faas_nomad.proxy.health import FAILURES_TO_EJECT
from faas_nomad.proxy.replica import Replica
from faas_nomad.proxy.retry import may_repeat
from faas_nomad.proxy.upstream import UpstreamConnection


class Dispatching(ExchangeState):
    """The choice's side of an exchange."""

    __slots__ = ()

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
    def _send(self, connection: UpstreamConnection) -> None:
        """Send the request on this connection."""

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
        begun = bool(self._status or self._head_come or self._interim)
        is_settled = attempts.is_unclear
        if stale:
            attempts.fresh_only = True
        else:
            self._broke_off(replica, attempts, begun=begun)
        upload = self._upload
        allowed = attempts.tries < self._context.limits.max_tries and may_repeat(
            self._request.method,
            whole_in_memory=bool(self._first) and (upload is None or upload.missing is None),
            answer_begun=begun,
        )
        if is_settled or not allowed:
            return False
        percent = self._context.limits.retry_percent
        if not self._target.budget.spend(self._target.stats.started, percent):
            self._context.stats.limits["retry_budget"] += 1
            return False
        if stale or replica in attempts.tried:  # else it is only asked what the first break meant
            attempts.tries += 1
        self._context.stats.retries["stale" if stale else "broken"] += 1
        self.dispatch()
        return True

    def _broke_off(self, replica: Replica, attempts: Attempts, *, begun: bool) -> None:
        self._replica_failed(replica)
        attempts.is_unclear = bool(replica.endpoint.service) and not begun
        if attempts.is_unclear and len(self._target.replicas) == 1:
            return  # a second connection tells: without its function a sidecar takes none
        attempts.tried += (replica,)
