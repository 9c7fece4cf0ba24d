"""What is measured: a scenario is a shape of request, an answer and a number of callers. Pure."""

from dataclasses import dataclass
from typing import Literal

MB = 1_000_000
FUNCTION = "/function/bench"
SDK, OURS, HAPROXY, NATURAL = "sdk", "ours", "haproxy", "natural"
SERVICE, TWO_WORKERS = "service", "ours2"
CONTENDERS = (SDK, OURS, HAPROXY, NATURAL, SERVICE, TWO_WORKERS)
USUAL = (SDK, OURS, HAPROXY)

Mode = Literal["pinned", "free"]


@dataclass(frozen=True)
class Scenario:
    """Some rows of the table; sizes in bytes."""

    name: str
    path: str = ""
    """Below the function."""
    target: str = ""
    """In place of the function."""
    method: str = "GET"
    body: int = 0
    framing: str = "counted"
    headers: str = "few"
    """few, many, close (a connection for each request) or events (Accept: text/event-stream)."""
    connections: int = 64
    kind: Literal["requests", "ticks", "slow readers"] = "requests"
    contenders: tuple[str, ...] = USUAL
    free: tuple[str, ...] = ()
    """Who is measured free on all cores; nobody: the scenario is for the pinned run only."""

    @property
    def url_path(self) -> str:
        """The target of its requests."""
        return self.target or FUNCTION + self.path

    def measured_by(self, mode: Mode) -> tuple[str, ...]:
        """Return who runs it in `mode`."""
        return self.contenders if mode == "pinned" else self.free


_WITH_NATURAL = (*USUAL, NATURAL)
_WITH_WORKERS = (*USUAL, TWO_WORKERS)

SCENARIOS = (
    Scenario("get 1", connections=1, contenders=_WITH_NATURAL, free=USUAL),
    Scenario("get 64", contenders=(*_WITH_NATURAL, SERVICE), free=_WITH_WORKERS),
    Scenario("get 256", connections=256, free=_WITH_WORKERS),
    Scenario("get 1000", connections=1000, contenders=(*USUAL, SERVICE)),
    Scenario("post 1", method="POST", body=100, connections=1),
    Scenario("post 64", method="POST", body=100, contenders=_WITH_NATURAL, free=_WITH_WORKERS),
    Scenario("post 256", method="POST", body=100, connections=256),
    Scenario("post 1000", method="POST", body=100, connections=1000),
    Scenario("12 headers 64", headers="many", free=USUAL),
    Scenario("50 ms 256", path="/sleep/50", connections=256),
    Scenario("100 KB down", path="/bytes/100000", connections=32, free=USUAL),
    Scenario("100 KB up", path="/sink", method="POST", body=100_000, connections=32),
    Scenario("10 MB down", path=f"/bytes/{10 * MB}", connections=4),
    Scenario("10 MB up", path="/sink", method="POST", body=10 * MB, connections=4),
    Scenario("10 MB chunked down", path=f"/chunked/{10 * MB}", connections=4),
    Scenario(
        "10 MB chunked up",
        path="/sink",
        method="POST",
        body=10 * MB,
        framing="chunked",
        connections=4,
    ),
    Scenario("events", path="/ticks", headers="events", connections=16, kind="ticks"),
    Scenario("events, no Accept", path="/ticks", connections=16, kind="ticks"),
    Scenario("slow readers", path=f"/bytes/{10 * MB}", connections=20, kind="slow readers"),
    Scenario(
        "status, new connections",
        target="/system/function/bench",
        headers="close",
        contenders=(SDK, SERVICE),
    ),
)
