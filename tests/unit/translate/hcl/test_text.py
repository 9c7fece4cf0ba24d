"""HCL expressions: nothing that a user wrote is evaluated."""

import pytest

from faas_nomad.translate.hcl.text import assignments, expression, heredoc, quoted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("plain", '"plain"'),
        ('a "b" \\ c\n', '"a \\"b\\" \\\\ c\\n"'),
        ("${HOME}", '"\\u0024{HOME}"'),
        ("%{ if true }", '"\\u0025{ if true }"'),
        ("$${attr.kernel.name}", '"$\\u0024{attr.kernel.name}"'),
        ("costs $5, 3%", '"costs $5, 3%"'),
        ("${attr.kernel.name}", '"${attr.kernel.name}"'),
        ("${NOMAD_PORT_http}{x}${y}", '"${NOMAD_PORT_http}{x}\\u0024{y}"'),
        ("${meta.a b}", '"\\u0024{meta.a b}"'),
        ('${env["X"]}', '"\\u0024{env[\\"X\\"]}"'),
    ],
)
def test_text_is_quoted_so_that_it_stays_itself(text: str, wanted: str) -> None:
    assert quoted(text) == wanted


@pytest.mark.parametrize("text", ["one line\n", "a\nb", "a\nEOT\n", "a\n${x}\n", "a\r\nb\n"])
def test_a_text_that_a_heredoc_would_change_is_none(text: str) -> None:
    assert heredoc(text) is None


def test_lines_are_a_heredoc() -> None:
    assert heredoc("a\n  b\n") == "<<EOT\na\n  b\nEOT"


def test_values_are_as_in_json_but_for_maps() -> None:
    assert expression([1, True, None, 1.5, "a"]) == '[1, true, null, 1.5, "a"]'
    assert expression({}) == "{}"
    assert expression({"a.b": 1, "c": 2}) == '{\n  "a.b" = 1\n  c     = 2\n}'


def test_a_value_of_several_lines_stands_apart() -> None:
    entries = [("a", "1"), ("long", "2"), ("b", "{\n}"), ("c", "3")]

    assert list(assignments(entries, "")) == ["a    = 1", "long = 2", "b = {\n}", "c = 3"]


@pytest.mark.parametrize("key", ["a-b", "a.b", "for", "null", "1a", ""])
def test_what_is_no_word_is_quoted_as_a_key(key: str) -> None:
    assert list(assignments([(key, "1")], "")) == [f'"{key}" = 1']
