import pytest

from faas_nomad.proxy.request_line import METHODS
from faas_nomad.proxy.retry import IDEMPOTENT, RESERVE, RetryBudget, may_repeat


@pytest.mark.parametrize("method", sorted(METHODS))
def test_only_idempotent_methods_are_repeated(method: bytes) -> None:
    assert may_repeat(method, whole_in_memory=True, answer_begun=False) is (method in IDEMPOTENT)


def test_post_and_patch_are_not_idempotent() -> None:
    assert {b"POST", b"PATCH"} == METHODS - IDEMPOTENT


def test_nothing_is_repeated_from_memory_that_is_gone() -> None:
    assert not may_repeat(b"GET", whole_in_memory=False, answer_begun=False)


def test_nothing_is_repeated_once_its_answer_began() -> None:
    assert not may_repeat(b"GET", whole_in_memory=True, answer_begun=True)


def test_repeats_are_a_share_of_the_requests() -> None:
    budget = RetryBudget()
    while budget.spend(0, 20):
        pass

    assert sum(budget.spend(1000, 20) for _ in range(1000)) == RESERVE
    assert sum(budget.spend(1100, 20) for _ in range(1000)) == 20


def test_a_long_quiet_time_saves_up_no_more_than_the_reserve() -> None:
    budget = RetryBudget()

    assert sum(budget.spend(1_000_000, 20) for _ in range(1000)) == RESERVE


def test_without_a_share_only_the_reserve_is_spent() -> None:
    budget = RetryBudget()

    assert sum(budget.spend(1_000_000, 0) for _ in range(1000)) == RESERVE
