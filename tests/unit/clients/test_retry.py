"""What is worth another try."""

from itertools import islice

import pytest

from faas_nomad.clients.retry import is_passing, pauses_s


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (429, ""),
        (503, "whatever"),
        (500, "No cluster leader"),
        (500, "rpc error: EOF"),
        (500, "rpc error: failed to get conn: rpc error: lead thread didn't get connection"),
        (500, "rpc error: session shutdown"),
        (500, "no servers"),
        (500, "rpc error: failed to get conn: dial tcp 10.0.0.1:4647: connect: connection refused"),
    ],
)
def test_an_answer_about_the_cluster_is_passing(status: int, body: str) -> None:
    assert is_passing(status, body)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (500, "1 error occurred:\n\t* Missing job datacenters"),
        (500, "Enforcing job modify index 0: job already exists"),
        (403, "Permission denied"),
        (404, "job not found"),
        (200, "No cluster leader"),
    ],
)
def test_an_answer_about_the_request_is_final(status: int, body: str) -> None:
    assert not is_passing(status, body)


def test_pauses_double_up_to_a_second_and_are_scaled_by_the_jitter() -> None:
    assert list(islice(pauses_s(0.5), 6)) == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0]
    assert next(pauses_s(0.0)) == 0.025
