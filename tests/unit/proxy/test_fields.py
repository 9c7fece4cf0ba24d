from faas_nomad.proxy.fields import named_fields, tokens, without_lines, without_named

LINES = b"\r\nHost: a\r\nTe: 1\r\nTea: 2\r\nte: 3\r\n\r\n"


def test_a_list_is_split_and_folded() -> None:
    assert tokens(b"Close , X-A\t,,b") == [b"close", b"x-a", b"", b"b"]


def test_connection_cannot_name_what_frames_a_message() -> None:
    named = named_fields(b"close, Content-Length, HOST, transfer-encoding, X")

    assert named == {b"x"}


def test_lines_are_cut_by_their_spelling_one_for_each_name() -> None:
    assert without_lines(LINES, [b"Te: 1"]) == b"\r\nHost: a\r\nTea: 2\r\nte: 3\r\n\r\n"
    assert without_lines(LINES, [b"te: 3", b"Te: 1"]) == b"\r\nHost: a\r\nTea: 2\r\n\r\n"


def test_only_whole_lines_are_taken_out() -> None:
    lines = b"\r\nTe: 12\r\nX-Te: 1\r\nTe: 1\r\n\r\n"

    assert without_lines(lines, [b"Te: 1"]) == b"\r\nTe: 12\r\nX-Te: 1\r\n\r\n"


def test_all_lines_of_a_name_go_whatever_their_spelling() -> None:
    assert without_named(LINES, frozenset({b"te"})) == b"\r\nHost: a\r\nTea: 2\r\n\r\n"
