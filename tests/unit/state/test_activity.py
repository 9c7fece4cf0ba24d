"""For how long functions were not used."""

from faas_nomad.state.activity import Activity, Figures


def look(activity: Activity, now_s: float, started: int, busy: int = 0, count: int = 1) -> None:
    activity.look([("f", Figures(started, busy), count)], now_s)


def test_a_function_is_idle_from_its_last_begun_request() -> None:
    activity = Activity()
    look(activity, 0, 0)
    look(activity, 10, 1)
    look(activity, 25, 1)

    assert activity.idle_s("f", 25) == 15


def test_what_is_under_way_is_use_as_long_as_it_lasts() -> None:
    activity = Activity()
    look(activity, 0, 1, 1)
    look(activity, 100, 1, 1)
    assert activity.idle_s("f", 105) == 0

    look(activity, 110, 1, 0)
    look(activity, 120, 1, 0)
    assert activity.idle_s("f", 120) == 20


def test_a_new_function_and_one_that_was_woken_begin_to_be_idle() -> None:
    activity = Activity()
    look(activity, 50, 7)
    assert activity.idle_s("f", 60) == 10

    look(activity, 70, 7, count=0)
    look(activity, 90, 7, count=1)
    assert activity.idle_s("f", 95) == 5


def test_use_elsewhere_counts() -> None:
    activity = Activity()
    look(activity, 0, 0)
    activity.used("f", 30)
    activity.used("unknown", 30)

    assert activity.idle_s("f", 40) == 10


def test_a_function_that_is_gone_is_forgotten() -> None:
    activity = Activity()
    look(activity, 0, 0)
    activity.look([], 10)

    assert activity.idle_s("f", 20) == 0
