from faas_nomad.clients.answers import one_line


def test_one_line_folds_and_cuts() -> None:
    assert one_line("a\n\tb\x00c") == "a b?c"
    assert len(one_line("x" * 9999)) == 500
