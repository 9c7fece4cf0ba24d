"""What is said of answers and of broken calls."""

import httpx

from faas_nomad.clients.answers import broken_off, one_line


def test_one_line_folds_and_cuts() -> None:
    assert one_line("a\n\tb\x00c") == "a b?c"
    assert len(one_line("x" * 9999)) == 500


def test_a_call_that_could_not_be_written_down_is_told_without_its_header() -> None:
    err = httpx.LocalProtocolError("Illegal header value b's3cret\\n'")

    assert broken_off(err, "http") == "LocalProtocolError"
