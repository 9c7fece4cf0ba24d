"""How each back end stands, for `/healthz?detail=1` and the metrics. Pure: time is passed in."""

from collections import Counter
from dataclasses import dataclass, field


def backend_name(region: str) -> str:
    """Return under which name the Nomad of a region is told of."""
    return f"nomad-{region}" if region else "nomad"


@dataclass
class BackendState:
    """One back end as last met; times are from one monotonic clock, in seconds."""

    name: str
    connected: bool = False
    since_s: float | None = None
    last_seen_s: float = 0.0
    last_error: str = "not asked yet"
    raft_index: int = 0
    failures: int = 0
    token_ends_s: float | None = None
    """When the token ends that is used there; None: never, or nobody knows."""

    def seen(self, now_s: float, raft_index: int = 0) -> bool:
        """It answered; True when it had been away."""
        was_away = not self.connected
        if was_away:
            self.since_s = now_s
        self.connected, self.last_seen_s, self.last_error = True, now_s, ""
        self.raft_index = raft_index or self.raft_index
        return was_away

    def lost(self, now_s: float, error: str) -> bool:
        """It did not answer for the reason `error`; True when that is news."""
        news = self.connected or error != self.last_error
        if self.connected or self.since_s is None:
            self.since_s = now_s
        self.connected, self.last_error = False, error
        self.failures += 1
        return news

    def describe(self, now_s: float) -> dict[str, object]:
        """Return it as JSON values; `age_s` is the time since it last answered."""
        return {
            "connected": self.connected,
            "state_s": None if self.since_s is None else round(now_s - self.since_s, 1),
            "age_s": round(now_s - self.last_seen_s, 1) if self.last_seen_s else None,
            "error": self.last_error,
            "index": self.raft_index,
            "failures": self.failures,
            **self._token(now_s),
        }

    def _token(self, now_s: float) -> dict[str, object]:
        if self.token_ends_s is None:
            return {}
        return {"token_left_s": round(max(0.0, self.token_ends_s - now_s), 1)}


@dataclass
class Backends:
    """All back ends by name."""

    by_name: dict[str, BackendState] = field(default_factory=dict)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    """By the back end's name and the outcome: `ok`, or an error of `clients.errors`."""

    def add(self, name: str) -> BackendState:
        """Return the state kept under `name`, made when it is new."""
        return self.by_name.setdefault(name, BackendState(name))

    def called(self, name: str, outcome: str) -> None:
        """Count one call; `name` may be written as in messages."""
        self.calls[name.lower(), outcome] += 1
