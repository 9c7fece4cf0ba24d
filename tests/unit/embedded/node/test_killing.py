import signal

from faas_nomad.embedded.node.killing import MAX_KILL_TIMEOUT_S, kill_signal, kill_timeout_s
from support.nomad_job_specs import SECOND_NS


def test_without_a_kill_signal_it_is_an_interrupt() -> None:
    assert kill_signal({"KillSignal": ""}) == signal.SIGINT
    assert kill_signal({"KillSignal": "SIGHUP"}) == signal.SIGHUP


def test_no_task_may_take_longer_than_its_client_allows() -> None:
    assert kill_timeout_s({"KillTimeout": 2 * SECOND_NS}) == 2.0
    assert kill_timeout_s({"KillTimeout": 60 * SECOND_NS}) == MAX_KILL_TIMEOUT_S
