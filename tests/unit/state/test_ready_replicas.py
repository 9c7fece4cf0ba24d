"""A replica is ready on a probe's word, or on Nomad's where that will do."""

import pytest

from faas_nomad.model.nomad import AllocID
from faas_nomad.state.live_replicas import LiveReplicas
from faas_nomad.state.picture import Picture
from faas_nomad.state.ready_replicas import ReadyReplicas
from faas_nomad.state.records import JobKey
from faas_nomad.state.region.snapshots import Snapshot
from faas_nomad.translate.meta import CHECKED_BY
from support.job_meta import read_service
from support.nomad_shapes import allocation, job_stub, statuses_job

KEY = JobKey("default", "openfaas-a")
X, Y = AllocID("x"), AllocID("y")


class Word:
    """A discovery that vouches for what it is told to."""

    def __init__(self) -> None:
        self.vouched: set[AllocID] = set()

    def vouches_for(self, alloc_id: AllocID) -> bool:
        return alloc_id in self.vouched


class Site:
    """A function with the replicas x and y, of which Nomad found x healthy."""

    def __init__(self, **meta: str) -> None:
        self.word = Word()
        self.picture = Picture(read_service)
        self.live = LiveReplicas()
        self.ready = ReadyReplicas(self.picture, self.live, self.word)
        replicas = [allocation("x", healthy=True, version=0), allocation("y", version=0)]
        stub = job_stub()
        stub["Meta"] = {"service": "a", **meta}
        self.picture.replace(Snapshot(10, [stub], [statuses_job(count=2)], replicas))

    def settle(self, *alive: AllocID) -> None:
        where = dict.fromkeys(alive, ("10.0.0.1", 20000))
        self.live.settle(KEY, where, is_removed=False)
        self.ready.settle(KEY)

    def answering(self) -> set[str]:
        return set(self.ready.answering(self.picture.jobs[KEY]))

    def unprobed(self) -> list[str]:
        return [alloc.id for alloc in self.ready.unprobed(KEY)]


@pytest.fixture
def site() -> Site:
    return Site()


def test_a_replica_answers_from_when_it_is_found_until_it_is_lost(site: Site) -> None:
    site.settle(X, Y)
    assert (site.answering(), site.unprobed()) == (set(), ["x", "y"])

    site.ready.found(KEY, [X])
    assert (site.answering(), site.unprobed()) == ({"x"}, ["y"])

    site.ready.lost(KEY, [X])
    assert site.answering() == set()


def test_nothing_is_remembered_of_a_replica_that_is_not_alive(site: Site) -> None:
    site.settle(X, Y)
    site.ready.found(KEY, [X, Y])

    site.settle(Y)
    site.settle(X, Y)

    assert site.answering() == {"y"}


def test_nomads_verdict_stands_for_replicas_that_are_new_alone(site: Site) -> None:
    site.ready.trust_nomad(KEY)
    site.settle(X, Y)
    assert site.answering() == {"x"}

    site.ready.lost(KEY, [X])
    site.ready.trust_nomad(KEY)

    assert site.answering() == set()


def test_discovery_s_word_alone_will_not_do() -> None:
    """Whoever had the port before may have passed its check."""
    site = Site(**{CHECKED_BY: "consul"})
    site.word.vouched = {X}

    site.settle(X, Y)

    assert (site.answering(), site.unprobed()) == (set(), ["x", "y"])


def test_where_consul_checks_what_it_does_not_vouch_for_is_left_out() -> None:
    site = Site(**{CHECKED_BY: "consul"})
    site.settle(X, Y)
    site.ready.found(KEY, [X, Y])

    site.word.vouched = {Y}

    assert site.answering() == {"y"}
    assert site.unprobed() == []
