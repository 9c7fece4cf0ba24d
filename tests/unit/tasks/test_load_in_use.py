"""What an instance tells the decider of its load."""

from faas_nomad.model.instances import MAX_LOAD_BYTES, Answer, Report
from faas_nomad.state.activity import Figures
from faas_nomad.state.endpoints import RoutePolicy, RouteTable
from faas_nomad.state.functions import Functions
from faas_nomad.state.picture import Picture
from faas_nomad.state.records import JobKey
from faas_nomad.tasks.load_in_use import LoadInUse
from faas_nomad.translate.names import Names
from support.job_meta import read_service
from support.nomad_shapes import whole_job

NOMADS_LIMIT_BYTES = 65_536


class Site:
    """Functions whose counters are set by hand."""

    def __init__(self, *names: str) -> None:
        self.functions = Functions(
            Picture(read_service),
            RouteTable(),
            Names("openfaas-", "openfaas-fn", "default"),
            lambda _job: RoutePolicy(),
        )
        for name in names:
            self.functions.write_through(whole_job(name), 10)
        self.figures: dict[str, Figures] = {}
        self.load = LoadInUse(self.functions, self.figures_of)

    def figures_of(self, name: str) -> Figures:
        return self.figures.get(name, Figures(0, 0))


def test_functions_in_use_are_told_and_others_are_not() -> None:
    site = Site("a", "b", "c")
    site.figures = {"a.openfaas-fn": Figures(5, 0), "b.openfaas-fn": Figures(1, 1)}
    assert site.load() == {"a.openfaas-fn": (5, 0), "b.openfaas-fn": (1, 1)}

    assert site.load() == {"b.openfaas-fn": (1, 1)}


def test_a_report_fits_into_a_variable_however_much_is_in_use() -> None:
    """One that is refused is none: the instance would be taken for dead."""
    names = [f"{number:04}-{'x' * 50}" for number in range(3_000)]
    site = Site(*names)
    site.figures = {f"{name}.openfaas-fn": Figures(10**9, 10**4) for name in names}

    load = site.load()

    answer = Answer(10**18, tuple(f"{name}.openfaas-fn" for name in names[:50]))
    items = Report(1, answer, load).items()
    size_bytes = sum(len(key) + len(value) for key, value in items.items())
    assert MAX_LOAD_BYTES * 0.9 < size_bytes < NOMADS_LIMIT_BYTES


def test_those_that_did_not_fit_are_told_the_next_time() -> None:
    names = [f"{number:04}-{'x' * 50}" for number in range(1_500)]
    site = Site(*names)
    site.figures = {f"{name}.openfaas-fn": Figures(10**9, 0) for name in names}

    told = [*site.load(), *site.load(), *site.load()]

    assert sorted(told) == sorted(site.figures)


def test_those_that_did_not_fit_come_first_the_next_time_even_if_all_are_always_in_use() -> None:
    names = [f"{number:04}-{'x' * 50}" for number in range(1_000)]
    site = Site(*names)
    site.figures = {f"{name}.openfaas-fn": Figures(10**9, 1) for name in names}

    assert {*site.load(), *site.load()} == site.figures.keys()


def test_nothing_is_kept_of_functions_that_are_gone() -> None:
    site = Site("a", "b")
    site.figures = {"a.openfaas-fn": Figures(5, 0)}
    site.load()

    site.functions.forget(JobKey("default", "openfaas-a"), 20)
    site.load()
    site.functions.write_through(whole_job("a", index=30), 30)

    assert site.load() == {"a.openfaas-fn": (5, 0)}
