"""Sending one request to its replica: the head, what came along with it, and the body as it comes.

The hot path is `begin` → `dispatch` → `_send`.
"""

from abc import abstractmethod

from faas_nomad.proxy.attempts import Attempts
from faas_nomad.proxy.balance import sticky_key
from faas_nomad.proxy.dispatching import Dispatching
from faas_nomad.proxy.errors import BadRequestError
from faas_nomad.proxy.local_answers import CONTINUE
from faas_nomad.proxy.retry import IDEMPOTENT
from faas_nomad.proxy.rewrite import request_message
from faas_nomad.proxy.upload import REPLAY_BYTES, Upload, check_size
from faas_nomad.proxy.upstream import UpstreamConnection


class Sending(Dispatching):
    """The request's side of an exchange."""

    __slots__ = ()

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

    def forget_request(self) -> None:
        """The request will not be sent again."""
        self._first = b""
        if self._upload is not None:
            self._upload.forget()

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

    def _send(self, connection: UpstreamConnection) -> None:
        connection.owner = self
        self._upstream = connection
        if self._upload is None:
            connection.transport.write(self._first)
        else:
            self._send_upload(connection, self._upload)
        if len(self._first) > REPLAY_BYTES and self._request.method not in IDEMPOTENT:
            self.forget_request()  # so that the next request finds its memory still mapped

    def _send_upload(self, connection: UpstreamConnection, upload: Upload) -> None:
        if upload.is_large:
            # It was held until there is a connection. Not after a write: that may hold it again.
            self._caller.hold_reading(hold=False)
        connection.transport.write(self._first)
        if upload.kept:
            connection.transport.writelines(upload.kept)
        if self._request.continues and upload.missing is not None:
            self._request.continues = False
            if not upload.come_bytes:
                self._caller.writer.write(CONTINUE)

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
