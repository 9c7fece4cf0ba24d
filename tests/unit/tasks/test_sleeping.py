"""Instances that share one Nomad put idle functions to sleep together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import pytest

from faas_nomad.model.instances import MeetingPlace
from faas_nomad.operations.job_writes import JobWrites
from faas_nomad.operations.scaling import Scaling
from faas_nomad.state.activity import Activity, Figures
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey, JobRecord, job_count
from faas_nomad.state.region.jobs import JobReader
from faas_nomad.state.region.picture import RegionPicture
from faas_nomad.tasks.idleness import Idleness
from faas_nomad.tasks.instances import Instances
from faas_nomad.tasks.lease import Lease
from faas_nomad.tasks.sleep_answers import SleepAnswers
from faas_nomad.tasks.sleeping import Sleeping
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.scale_rules import ScaleRules, scale_rules
from support.deployments import deployment, job_of
from support.job_meta import read_deployment
from support.memory_nomad import MemoryNomad
from support.memory_variables import MemoryVariables

KEY = JobKey("default", "openfaas-figlet")
NAME = "figlet.openfaas-fn"
PLACE = MeetingPlace("default", "openfaas-")
LABELS = {"com.openfaas.scale.zero": "true", "com.openfaas.scale.zero-duration": "10s"}
WITHIN_S = 10.0


def rules_of(job: JobRecord) -> ScaleRules:
    return scale_rules(job.fn, JobPolicy())


class Instance:
    """One service as far as sleeping is concerned; `ahead_s` is added to its clock."""

    def __init__(
        self,
        nomad: MemoryNomad,
        variables: MemoryVariables,
        me: str,
        place: MeetingPlace = PLACE,
    ) -> None:
        names = Names("openfaas-", "openfaas-fn", "default")
        self.table = RouteTable()
        self.functions = Functions(
            Picture(read_deployment), self.table, names, lambda _job: RoutePolicy()
        )
        self.functions.write_through(nomad.jobs[KEY], nomad.jobs[KEY]["JobModifyIndex"])
        self.figures = Figures(0, 0)
        self.unknown = False
        self.looked = 0
        self.ahead_s = 0.0
        self.activity = Activity()
        writes = JobWrites(nomad, self.functions)  # type: ignore[arg-type]

        async def policy(region: str = "") -> JobPolicy:
            return JobPolicy()

        self.lease = Lease(variables, place, me)  # type: ignore[arg-type]
        self.instances = Instances(variables, place, me, dict)  # type: ignore[arg-type]
        idleness = Idleness(self.functions, self.activity, rules_of, self.now_s)
        self.sleeping = Sleeping(
            self.functions,
            Scaling(writes, policy, lambda: 0),
            idleness,
            self.under_way,
            self.lease,
            self.instances,
            self.now_s,
        )
        self.lease.asked = SleepAnswers(
            self.functions, idleness, self.under_way, self.instances, self.now_s
        ).asked

    def now_s(self) -> float:
        return asyncio.get_running_loop().time() + self.ahead_s

    async def under_way(self, name: str) -> int | None:
        assert name == NAME
        self.looked += 1
        return None if self.unknown else self.figures.under_way

    def look(self) -> None:
        job = self.functions.find(KEY)
        self.activity.look([(NAME, self.figures, job.count if job else 0)], self.now_s())

    def pass_time(self, seconds: float) -> None:
        self.look()
        self.ahead_s += seconds


@pytest.fixture
def nomad() -> MemoryNomad:
    found = MemoryNomad()
    found.put(KEY, job_of(deployment(labels=LABELS)))
    return found


@pytest.fixture
def variables() -> MemoryVariables:
    return MemoryVariables()


@asynccontextmanager
async def running(instance: Instance) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(one.run()) for one in (instance.lease, instance.instances)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def until(condition: object, what: str) -> None:
    async with asyncio.timeout(WITHIN_S):
        while not condition():  # type: ignore[operator]
            await asyncio.sleep(0.01)
    assert what


@pytest.fixture
async def alone(nomad: MemoryNomad, variables: MemoryVariables) -> AsyncIterator[Instance]:
    instance = Instance(nomad, variables, "one")
    async with running(instance):
        await until(lambda: instance.lease.is_held, "it decides")
        yield instance


@pytest.fixture
async def pair(
    nomad: MemoryNomad, variables: MemoryVariables
) -> AsyncIterator[tuple[Instance, Instance]]:
    decider, other = (Instance(nomad, variables, me) for me in ("one", "two"))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(running(decider))
        await until(lambda: decider.lease.is_held, "the first decides")
        await stack.enter_async_context(running(other))
        await until(lambda: len(variables.rows) == 3, "both report")
        yield decider, other


async def test_one_instance_puts_an_idle_function_to_sleep(
    alone: Instance, nomad: MemoryNomad
) -> None:
    alone.pass_time(9)
    await alone.sleeping.decide()
    assert job_count(nomad.jobs[KEY]) == 1

    alone.ahead_s += 2
    await alone.sleeping.decide()
    assert job_count(nomad.jobs[KEY]) == 0


@pytest.mark.parametrize("is_unknown", [True, False])
async def test_what_is_under_way_once_requests_are_held_stops_it(
    alone: Instance, nomad: MemoryNomad, is_unknown: bool
) -> None:
    alone.pass_time(20)
    alone.figures, alone.unknown = Figures(0, 1), is_unknown

    await alone.sleeping.decide()

    assert job_count(nomad.jobs[KEY]) == 1
    assert alone.looked == 1


async def test_a_request_that_comes_in_between_waits_and_finds_its_function_asleep(
    alone: Instance, nomad: MemoryNomad
) -> None:
    routes: list[tuple[int, int]] = []
    alone.table.subscribe(
        lambda change: routes.append(
            (len(change.route.endpoints), change.route.replicas) if change.route else (0, 0)
        )
    )
    alone.pass_time(20)

    await alone.sleeping.decide()

    assert routes[-1] == (0, 0)
    assert all(endpoints == 0 for endpoints, _ in routes)


async def test_two_instances_agree(pair: tuple[Instance, Instance], nomad: MemoryNomad) -> None:
    decider, other = pair
    for instance in pair:
        instance.pass_time(20)

    await decider.sleeping.decide()

    assert job_count(nomad.jobs[KEY]) == 0
    assert other.looked == 1


async def test_an_instance_that_was_used_lately_says_no(
    pair: tuple[Instance, Instance], nomad: MemoryNomad
) -> None:
    decider, other = pair
    decider.pass_time(20)
    other.look()

    await decider.sleeping.decide()
    assert job_count(nomad.jobs[KEY]) == 1

    decider.look()
    await decider.sleeping.decide()
    assert other.looked == 0
    assert decider.activity.idle_s(NAME, decider.now_s()) < 5, "use elsewhere is use"


async def test_an_instance_with_something_under_way_says_no(
    pair: tuple[Instance, Instance], nomad: MemoryNomad
) -> None:
    decider, other = pair
    for instance in pair:
        instance.pass_time(20)
    other.figures = Figures(1, 1)

    await decider.sleeping.decide()

    assert job_count(nomad.jobs[KEY]) == 1
    assert other.looked == 1


async def test_an_instance_that_does_not_answer_keeps_the_function_awake(
    pair: tuple[Instance, Instance], nomad: MemoryNomad
) -> None:
    decider, other = pair
    for instance in pair:
        instance.pass_time(20)
    other.lease.asked = lambda _ask: None

    await decider.sleeping.decide()

    assert job_count(nomad.jobs[KEY]) == 1


async def test_without_the_lease_nothing_is_put_to_sleep(
    pair: tuple[Instance, Instance], nomad: MemoryNomad
) -> None:
    _, other = pair
    for instance in pair:
        instance.pass_time(20)

    await other.sleeping.decide()

    assert job_count(nomad.jobs[KEY]) == 1


async def test_services_with_other_jobs_decide_for_themselves(
    nomad: MemoryNomad, variables: MemoryVariables, alone: Instance
) -> None:
    stranger = Instance(nomad, variables, "two", MeetingPlace("default", "staging-"))

    async with running(stranger):
        await until(lambda: stranger.lease.is_held, "it decides too")
        await stranger.instances.refresh()

    assert alone.lease.is_held
    assert stranger.instances.others == {}


async def test_a_function_whose_region_is_away_keeps_its_requests(
    alone: Instance, nomad: MemoryNomad
) -> None:
    west = KEY._replace(region="west")
    job = dict(nomad.jobs[KEY])
    alone.functions.forget(KEY, 1_000)
    alone.functions.picture.regions["west"] = RegionPicture(JobReader(read_deployment), "west")
    reply = nomad.in_region("west").put(west, job)
    alone.functions.write_through(job, reply["JobModifyIndex"], "west")
    alone.functions.away.add("west")
    alone.pass_time(3600)

    await alone.sleeping.decide()
    assert alone.looked == 0

    alone.functions.away.discard("west")
    alone.look()
    alone.pass_time(3600)
    await alone.sleeping.decide()
    assert nomad.in_region("west").jobs[west]["TaskGroups"][0]["Count"] == 0
