"""Which failures of a back end call are worth another try, and after what pause. Pure.

Sources: nomad `command/agent/http.go` (error bodies are plain text, validation errors are 500),
`nomad/structs/errors.go` (`No cluster leader`), `helper/pool/pool.go` and yamux `const.go` (what
a client agent says whose server is gone).
"""

from collections.abc import Iterator

FIRST_PAUSE_S = 0.05
MAX_PAUSE_S = 1.0

_PASSING_STATUS = frozenset({429, 502, 503, 504})
_PASSING_TEXTS = (
    "no cluster leader",
    "no path to region",
    "not the leader",
    "not ready to serve consistent reads",
    "rpc error: eof",
    "no servers",
    "failed to get conn",
    "failed to start stream",
    "session shutdown",
    "stream closed",
    "connection refused",
    "connection reset",
    "i/o timeout",
    "leadership lost",
    "raft is already shutdown",
)


def is_passing(status: int, body: str) -> bool:
    """Tell whether an error answer speaks of the cluster's state and not of the request.

    A validation error is a 500 as well, so the text decides.
    """
    if status in _PASSING_STATUS:
        return True
    folded = body.lower()
    return status == 500 and any(text in folded for text in _PASSING_TEXTS)


def pauses_s(jitter: float) -> Iterator[float]:
    """Yield the pauses between tries: doubling from 50 ms to 1 s, each scaled by 0.5 + `jitter`.

    `jitter` is a random number from 0 to 1, so that instances do not retry in step.
    """
    pause_s = FIRST_PAUSE_S
    while True:
        yield pause_s * (0.5 + jitter)
        pause_s = min(MAX_PAUSE_S, pause_s * 2)
