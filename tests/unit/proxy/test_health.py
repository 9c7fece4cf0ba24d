from faas_nomad.proxy.health import FAILURES_TO_EJECT, MAX_PAUSE_S, Health


def ejected(now_s: float = 0.0) -> Health:
    health = Health()
    assert health.failed(now_s, FAILURES_TO_EJECT)
    return health


def test_a_few_missing_answers_are_forgiven() -> None:
    health = Health()
    assert [health.failed(0) for _ in range(FAILURES_TO_EJECT)] == [False, False, True]


def test_an_answer_between_begins_the_count_anew() -> None:
    health = Health()
    health.failed(0)
    health.failed(0)

    assert not health.answered()
    assert not health.failed(0)


def test_one_request_at_a_time_may_try_who_was_left_out() -> None:
    health = ejected(now_s=10.0)

    assert not health.may_try(10.9)
    assert health.may_try(11.0)
    assert not health.may_try(11.1)


def test_each_failed_return_doubles_the_time() -> None:
    health, now_s, pauses = ejected(), 0.0, []
    for _ in range(7):
        pauses.append(health.left_out_until_s - now_s)
        now_s = health.left_out_until_s
        assert health.failed(now_s)

    assert pauses == [1, 2, 4, 8, 16, MAX_PAUSE_S, MAX_PAUSE_S]


def test_all_that_fail_at_once_are_one_failure() -> None:
    health = Health()
    assert [health.failed(5.0) for _ in range(20)].count(True) == 1
    assert health.left_out_until_s == 6.0


def test_a_request_that_was_let_through_and_fails_doubles_the_time() -> None:
    health = ejected()
    assert health.may_try(1.0)

    assert health.failed(1.5)
    assert health.left_out_until_s == 3.5
    assert not health.failed(1.6)


def test_an_answer_takes_it_back_at_once() -> None:
    health = ejected()

    assert health.answered()
    assert health.left_out_until_s == 0
    assert health.failures == 0
