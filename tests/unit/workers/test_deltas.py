from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.proxy.stats import FORGET_AFTER_S, MAX_CODES, OTHER_CODE, FunctionStats, Stats
from faas_nomad.workers.checked import MessageError
from faas_nomad.workers.deltas import (
    COUNTS,
    GAUGES,
    LABELLED,
    MAX_FUNCTIONS,
    Reporter,
    Share,
    Sum,
)
from faas_nomad.workers.reports import Report


class Worker:
    """A worker's counters and its place in a sum."""

    def __init__(self, total: Sum) -> None:
        self.stats = Stats()
        self.share = Share()
        self._total = total
        self._reporter = Reporter(self.stats)

    def call(self, name: str = "f", code: int = 200, took_s: float = 0.03) -> None:
        """Count a whole invocation."""
        self.begin(name)
        self.stats.function(name).ended(code, took_s)

    def begin(self, name: str = "f") -> None:
        """Count an invocation that goes on."""
        function = self.stats.function(name)
        function.started += 1
        function.in_flight += 1

    def report(self) -> None:
        """Have the sum take what is new."""
        for report in self._reporter.reports():
            self._total.add(report, self.share)


def answers(stats: Stats, name: str = "f") -> dict[int, int]:
    return {code: sum(found.buckets) for code, found in stats.functions[name].codes.items()}


def figures(function: FunctionStats) -> tuple[Any, ...]:
    codes = {code: found.buckets for code, found in function.codes.items()}
    return function.started, function.in_flight, codes


def test_every_counter_of_the_data_path_is_reported() -> None:
    public = {name for name in vars(Stats()) if not name.startswith("_")}

    assert public == {"functions", "control", *GAUGES, *COUNTS, *LABELLED}


def test_the_sum_is_what_all_workers_counted() -> None:
    total = Sum()
    one, other = Worker(total), Worker(total)
    one.call()
    other.call(code=502)
    other.call()
    other.begin()
    one.stats.clients, other.stats.clients = 2, 3
    other.stats.ejections = 1
    one.stats.limits["head"] += 1
    other.stats.limits["head"] += 2
    other.stats.refused[400] += 1
    one.stats.control.started = other.stats.control.started = 1
    one.report()
    other.report()

    assert answers(total.stats) == {200: 2, 502: 1}
    assert total.stats.functions["f"].codes[200].sum_s == pytest.approx(0.06)
    assert (total.stats.functions["f"].started, total.stats.functions["f"].in_flight) == (4, 1)
    assert (total.stats.clients, total.stats.ejections) == (5, 1)
    assert (total.stats.limits, total.stats.refused) == (Counter(head=3), Counter({400: 1}))
    assert total.stats.control.started == 2


@given(st.lists(st.sampled_from(["call", "begin", "end", "report", "slow"]), max_size=40))
def test_the_sum_of_one_worker_is_its_own_count(steps: list[str]) -> None:
    total = Sum()
    worker = Worker(total)
    for step in steps:
        if step == "report":
            worker.report()
        elif step == "begin":
            worker.begin()
        elif step == "end" and worker.stats.function("f").in_flight:
            worker.stats.function("f").ended(504, 1.0)
        elif step in ("call", "slow"):
            worker.call(took_s=0.01 if step == "call" else 99.0)
    worker.report()

    own = {name: figures(function) for name, function in worker.stats.functions.items()}
    told = {name: figures(function) for name, function in total.stats.functions.items()}
    assert told == {name: found for name, found in own.items() if found[0]}


def test_nothing_new_is_a_report_without_figures() -> None:
    worker = Worker(Sum())
    worker.call()
    worker.report()

    assert Reporter(Stats()).reports() == [Report()]
    assert worker._reporter.reports() == [Report()]


def test_a_worker_that_dies_leaves_its_counters_and_takes_its_gauges() -> None:
    total = Sum()
    dying, other = Worker(total), Worker(total)
    for worker in (dying, other):
        worker.call()
        worker.begin()
        worker.stats.clients = 4
        worker.stats.clients_total = 7
        worker.stats.control.in_flight = 1
        worker.stats.control.started = 1
        worker.report()

    total.leave(dying.share)

    assert answers(total.stats) == {200: 2}
    assert total.stats.functions["f"].started == 4
    assert total.stats.functions["f"].in_flight == 1
    assert (total.stats.clients, total.stats.clients_total) == (4, 14)
    assert total.stats.control.in_flight == 1


def test_a_function_in_the_table_has_series_before_its_first_call() -> None:
    total = Sum()

    total.follow({"f"}, 0.0)

    assert list(total.stats.functions) == ["f"]


def test_a_removed_function_keeps_its_series_for_a_while() -> None:
    total = Sum()
    total.follow({"f"}, 0.0)

    total.follow(set(), 1.0)
    total.follow(set(), FORGET_AFTER_S)
    assert list(total.stats.functions) == ["f"]

    total.follow(set(), FORGET_AFTER_S + 2)
    assert not total.stats.functions


def test_a_function_that_comes_back_keeps_its_counts() -> None:
    total = Sum()
    worker = Worker(total)
    worker.call()
    worker.report()
    total.follow(set(), 0.0)
    total.follow({"f"}, 1.0)

    total.follow({"f"}, FORGET_AFTER_S * 2)

    assert answers(total.stats) == {200: 1}


def test_a_late_report_does_not_keep_a_removed_function() -> None:
    total = Sum()
    worker = Worker(total)
    total.follow({"f"}, 0.0)
    total.follow(set(), 1.0)
    worker.call()
    worker.report()

    total.follow(set(), FORGET_AFTER_S + 2)

    assert not total.stats.functions


def test_a_worker_that_dies_takes_nothing_from_the_next_function_of_that_name() -> None:
    total = Sum()
    worker = Worker(total)
    total.follow({"f"}, 0.0)
    worker.begin()
    worker.report()
    total.follow(set(), 0.0)
    total.follow(set(), FORGET_AFTER_S + 1)
    total.follow({"f"}, FORGET_AFTER_S + 2)

    total.leave(worker.share)

    assert total.stats.functions["f"].in_flight == 0


def test_a_function_that_the_worker_forgot_starts_again_without_loss() -> None:
    total = Sum()
    worker = Worker(total)
    worker.call()
    worker.report()
    del worker.stats.functions["f"]
    worker.call()
    worker.report()

    assert answers(total.stats) == {200: 2}


def test_workers_together_make_no_more_series_than_one() -> None:
    total = Sum()
    one, other = Worker(total), Worker(total)
    for code in range(MAX_CODES):
        one.call(code=200 + code)
        other.call(code=300 + code)
    one.report()
    other.report()

    assert len(answers(total.stats)) <= MAX_CODES + 1
    assert answers(total.stats)[OTHER_CODE] == MAX_CODES
    assert sum(answers(total.stats).values()) == 2 * MAX_CODES


def test_many_functions_are_told_in_several_reports() -> None:
    total = Sum()
    worker = Worker(total)
    for number in range(2 * MAX_FUNCTIONS + 1):
        worker.call(f"f{number}")

    reports = Reporter(worker.stats).reports()
    worker.report()

    assert [len(report.functions) for report in reports] == [MAX_FUNCTIONS, MAX_FUNCTIONS, 1]
    assert len(total.stats.functions) == 2 * MAX_FUNCTIONS + 1


@pytest.mark.parametrize(
    "report",
    [
        Report(gauges=(("functions", 1),)),
        Report(counts=(("clients", 1),)),
        Report(labelled=(("_removed", "x", 1),)),
    ],
)
def test_a_counter_that_there_is_not_is_refused(report: Report) -> None:
    with pytest.raises(MessageError, match="no counter"):
        Sum().add(report, Share())
