"""How back ends stand."""

from faas_nomad.state.backends import BackendState


def test_losing_a_back_end_is_news_once() -> None:
    state = BackendState("nomad")

    assert state.lost(1.0, "refused")
    assert not state.lost(2.0, "refused")
    assert state.lost(3.0, "timed out")


def test_a_back_end_that_comes_back_is_told_once() -> None:
    state = BackendState("nomad")

    assert state.seen(1.0, raft_index=5)
    assert not state.seen(2.0)
    assert state.raft_index == 5
    assert state.last_error == ""


def test_the_time_in_a_state_counts_from_its_first_meeting() -> None:
    state = BackendState("nomad")
    assert state.describe(5000.0)["state_s"] is None

    state.lost(5000.0, "refused")
    state.lost(5001.0, "refused")

    assert state.describe(5004.0)["state_s"] == 4.0
    assert state.describe(5004.0)["age_s"] is None


def test_the_index_follows_a_nomad_put_back_to_the_past() -> None:
    state = BackendState("nomad")
    state.seen(1.0, raft_index=50)
    state.seen(2.0, raft_index=9)

    assert state.describe(2.0)["index"] == 9
