"""What the autoscaler looks at in a round, and what it remembers between rounds."""

from collections.abc import Awaitable, Callable, Mapping

from faas_nomad.clients.errors import RejectedError, UnreachableError
from faas_nomad.model.nomad import Job
from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.operations.scaling import Choose
from faas_nomad.state.activity import Figures
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.tasks.autoscaling import MAX_QUERIES_AT_ONCE, Autoscaling
from faas_nomad.tasks.loads import OwnLoads
from faas_nomad.translate.count_changes import Counted
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.scale_rules import scale_rules
from support.nomad_shapes import whole_job

INTERVAL_S = 5.0
Answer = Callable[[str], Awaitable[float | None]]


def key_of(name: str) -> JobKey:
    return JobKey("default", f"openfaas-{name}")


class Site:
    """One deciding instance; every function is scaled by the type in its name: `rps-1`."""

    def __init__(self, ask: Answer | None = None) -> None:
        names = Names("openfaas-", "openfaas-fn", "default")
        picture = Picture(_read)
        self.functions = Functions(picture, RouteTable(), names, lambda _job: RoutePolicy())
        self.figures: dict[str, dict[str, Figures]] = {}
        self.counts: dict[str, int] = {}
        self.is_held = True
        self.now_s = 100.0
        self.index = 10
        self.autoscaling = Autoscaling(
            self.functions,
            self,  # type: ignore[arg-type]
            lambda job: scale_rules(job.fn, JobPolicy()),
            OwnLoads(self.functions, self, lambda _key: None),
            lambda job: job.fn.service,
            ask,
            self,  # type: ignore[arg-type]
            interval_s=INTERVAL_S,
            window_s=30.0,
            now_s=lambda: self.now_s,
        )

    def has(self, name: str, count: int = 1) -> None:
        self.index += 1
        self.functions.write_through(_job(name, count, self.index), self.index)

    def sources(self, name: str) -> Mapping[str, Figures]:
        return self.figures.get(name.partition(".")[0], {})

    async def change(self, key: JobKey, service: str, by: str, choose: Choose) -> bool:
        job = self.functions.picture.jobs[key]
        wanted = choose(Counted(job.fn, job.count, scale_rules(job.fn, JobPolicy()), None))
        if wanted:
            self.counts[service] = wanted.count
        return bool(wanted)

    async def rounds(self, number: int, begun: Mapping[str, int] | None = None) -> None:
        """Let so many intervals pass, in each of which functions get so many requests."""
        for _ in range(number):
            self.now_s += INTERVAL_S
            for name, more in (begun or {}).items():
                before = self.figures.get(name, {}).get("", Figures(0, 0))
                self.figures[name] = {"": Figures(before.started + more, 0)}
            await self.autoscaling.decide()


def _job(name: str, count: int, index: int) -> Job:
    return whole_job(name, count=count, index=index)


def _read(_key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int]:
    type_ = meta["service"].partition("-")[0]
    labels = {"com.openfaas.scale.type": type_, "com.openfaas.scale.target": "10"}
    return FunctionDeployment(service=meta["service"], image="i", labels=labels), 7


async def test_requests_begun_a_second_decide() -> None:
    site = Site()
    site.has("rps-1")

    await site.rounds(4, {"rps-1": 150})

    assert site.counts == {"rps-1": 4}


async def test_a_prometheus_that_is_away_holds_up_no_other_function() -> None:
    asked: list[str] = []

    async def ask(query: str) -> float | None:
        asked.append(query)
        site.now_s += 3.0  # as long as a call may take
        raise UnreachableError("Prometheus cannot be reached")

    site = Site(ask)
    for number in range(3 * MAX_QUERIES_AT_ONCE):
        site.has(f"queue-{number}")
    site.has("rps-1")

    await site.rounds(4, {"rps-1": 150})

    assert set(site.counts) == {"rps-1"}
    assert len(asked) <= 4 * MAX_QUERIES_AT_ONCE, "nor is it asked again and again"


async def test_a_round_that_takes_long_is_no_reason_to_forget_what_was_seen() -> None:
    async def ask(query: str) -> float | None:
        site.now_s += 3.0
        return 25.0

    site = Site(ask)
    for number in range(8):
        site.has(f"queue-{number}")
    site.has("rps-1")

    await site.rounds(2)
    await site.rounds(2, {"rps-1": 2_900})  # in 29 seconds

    assert site.counts["rps-1"] == 12
    assert site.counts["queue-7"] == 3


async def test_one_query_that_is_refused_keeps_nobody_else_s_load_from_being_asked() -> None:
    async def ask(query: str) -> float | None:
        if query == "queue-0":
            raise RejectedError("parse error")
        return 25.0

    site = Site(ask)
    site.has("queue-0")
    site.has("queue-1")

    await site.rounds(1)

    assert site.counts == {"queue-1": 3}


async def test_what_was_under_way_before_a_function_slept_counts_no_more() -> None:
    site = Site()
    site.has("capacity-1")
    site.figures["capacity-1"] = {"": Figures(0, 90)}
    await site.autoscaling.decide()
    site.now_s += 1
    await site.autoscaling.decide()

    site.has("capacity-1", count=0)
    site.figures["capacity-1"] = {"": Figures(0, 0)}
    await site.rounds(1)
    site.has("capacity-1")
    await site.rounds(1)

    assert site.counts.get("capacity-1", 1) == 1
