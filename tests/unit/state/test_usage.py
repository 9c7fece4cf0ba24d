from faas_nomad.model.nomad import AllocID
from faas_nomad.state.usage import UsageTable
from faas_nomad.translate.usage import Usage

A, B, C = AllocID("a"), AllocID("b"), AllocID("c")


def test_a_functions_usage_is_the_sum_of_its_replicas() -> None:
    table = UsageTable(max_age_s=30)
    table.put(A, Usage(100.0, 1000), 1.0)
    table.put(B, Usage(50.5, 500), 2.0)

    assert table.total([A, B], 10.0) == Usage(150.5, 1500)
    assert table.total([A, C], 10.0) == Usage(100.0, 1000)


def test_figures_that_are_too_old_are_unknown() -> None:
    table = UsageTable(max_age_s=30)
    table.put(A, Usage(100.0, 1000), 0.0)
    table.put(B, Usage(50.0, 500), 5.0)

    assert table.total([A, B], 30.0) == Usage(150.0, 1500)
    assert table.total([A, B], 30.1) == Usage(50.0, 500)
    assert table.total([A], 30.1) is None
    assert table.oldest_s(30.0) == 30.0


def test_what_is_gone_is_forgotten() -> None:
    table = UsageTable(max_age_s=30)
    table.put(A, Usage(1.0, 1), 0.0)

    table.forget(A)

    assert (len(table), table.total([A], 1.0), table.oldest_s(9.0)) == (0, None, 0.0)
