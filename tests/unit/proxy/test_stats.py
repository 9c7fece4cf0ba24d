from faas_nomad.metrics import BUCKETS_S
from faas_nomad.proxy.stats import FORGET_AFTER_S, MAX_CODES, OTHER_CODE, FunctionStats, Stats


def test_an_answer_is_counted_in_the_bucket_that_it_fits() -> None:
    function = FunctionStats("f")
    for took_s in (0.0, 0.005, 0.0051, 10.0, 11.0):
        function.ended(200, took_s)

    found = function.codes[200]
    assert found.buckets == [2, 1] + [0] * (len(BUCKETS_S) - 3) + [1, 1]
    assert abs(found.sum_s - 21.0101) < 1e-9


def test_a_hostile_function_makes_a_bounded_number_of_series() -> None:
    function = FunctionStats("f")
    for code in range(100, 600):
        function.ended(code, 0)

    assert len(function.codes) == MAX_CODES + 1
    assert sum(function.codes[OTHER_CODE].buckets) == 500 - MAX_CODES


def test_a_removed_function_is_forgotten_after_a_while() -> None:
    stats = Stats()
    stats.function("f").started = 1
    stats.removed("f", 0.0)
    stats.forget_removed(FORGET_AFTER_S)
    assert "f" in stats.functions
    stats.forget_removed(FORGET_AFTER_S + 1)

    assert "f" not in stats.functions


def test_a_function_that_comes_back_goes_on_counting() -> None:
    stats = Stats()
    stats.function("f").started = 1
    stats.removed("f", 0.0)
    stats.function("f")
    stats.forget_removed(FORGET_AFTER_S + 1)

    assert stats.functions["f"].started == 1
