"""A function is idle when it is awake, may sleep and was not used here for as long as it says."""

from collections.abc import Mapping

import pytest

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.activity import Activity, Figures
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.tasks.idleness import Idleness
from faas_nomad.translate.names import Names
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.scale_rules import scale_rules
from support.nomad_shapes import whole_job

KEY = JobKey("default", "openfaas-a")
NAME = "a.openfaas-fn"
LABELS = {"com.openfaas.scale.zero": "true", "com.openfaas.scale.zero-duration": "10s"}


class Site:
    """One function, last used at 0 s."""

    def __init__(self, *, count: int = 1, labels: Mapping[str, str] = LABELS) -> None:
        fn = FunctionDeployment(service="a", labels=dict(labels))
        picture = Picture(lambda _key, _meta: (fn, 0))
        names = Names("openfaas-", "openfaas-fn", "default")
        self.functions = Functions(picture, RouteTable(), names, lambda _job: RoutePolicy())
        self.functions.write_through(whole_job(count=count), 10)
        self.activity = Activity()
        self.activity.look([(NAME, Figures(0, 0), count)], 0)
        self.now_s = 0.0
        self.idleness = Idleness(
            self.functions,
            self.activity,
            lambda job: scale_rules(job.fn, JobPolicy()),
            lambda: self.now_s,
        )

    def idle_at(self, now_s: float) -> list[JobKey]:
        self.now_s = now_s
        return self.idleness.idle()


def test_it_is_idle_from_the_end_of_its_time_on() -> None:
    site = Site()

    assert site.idle_at(9.9) == []
    assert site.idle_at(10) == [KEY]


def test_use_at_another_instance_counts_as_use_here() -> None:
    site = Site()
    site.now_s = 5
    site.idleness.is_used(KEY)

    assert site.idle_at(14.9) == []
    assert site.idle_at(15) == [KEY]


@pytest.mark.parametrize(
    "site", [Site(count=0), Site(labels={}), Site(labels={"com.openfaas.scale.zero": "false"})]
)
def test_what_sleeps_already_or_may_not_sleep_is_never_idle(site: Site) -> None:
    assert site.idle_at(1000) == []


def test_what_is_not_known_is_not_idle() -> None:
    assert not Site().idleness.is_idle(JobKey("default", "openfaas-gone"))
