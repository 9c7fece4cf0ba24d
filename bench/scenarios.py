"""What is measured: each scenario is a shape of request, an answer and a number of callers."""

from dataclasses import dataclass

MB = 1_000_000


@dataclass(frozen=True)
class Scenario:
    """One row of the table; sizes in bytes."""

    name: str
    path: str = ""
    method: str = "GET"
    body: int = 0
    framing: str = "counted"
    headers: str = "few"
    connections: int = 64


SCENARIOS = (
    Scenario("get 1", connections=1),
    Scenario("get 64"),
    Scenario("post 64", method="POST", body=100),
    Scenario("12 headers 64", headers="many"),
    Scenario("get 256", connections=256),
    Scenario("get 1000", connections=1000),
    Scenario("50 ms 256", path="/sleep/50", connections=256),
    Scenario("100 KB down", path="/bytes/100000", connections=32),
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
)
QUICK = ("get 1", "get 64", "post 64", "12 headers 64")
