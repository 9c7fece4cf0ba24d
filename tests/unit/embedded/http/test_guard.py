"""Web pages cannot reach the stand-in."""

import pytest

from faas_nomad.embedded.http.guard import is_local_call


@pytest.mark.parametrize("host", [b"127.0.0.1:4646", b"localhost", b"localhost:80", b"[::1]:4646"])
def test_a_program_on_this_machine_is_let_in(host: bytes) -> None:
    assert is_local_call({b"host": host})
    assert is_local_call({})


@pytest.mark.parametrize(
    "host", [b"evil.example:1", b"127.0.0.1.evil.example", b"", b"[", b"10.1.1.1"]
)
def test_another_name_is_kept_out(host: bytes) -> None:
    assert not is_local_call({b"host": host})


def test_a_web_page_is_kept_out() -> None:
    assert not is_local_call({b"host": b"127.0.0.1:4646", b"origin": b"https://evil.example"})
    assert not is_local_call({b"host": b"127.0.0.1:4646", b"origin": b"null"})
