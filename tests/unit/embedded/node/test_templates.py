"""The forms of templates that are known."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.embedded.node.templates import (
    MissingVariableError,
    TemplateError,
    environment_of,
    rendered,
)

CLOSED = (
    '{{ with nomadVar "P" }}{{ with (index . "K").Value }}{{ base64Decode . }}'
    '{{ else }}{{ index (parseJSON "[]") 0 }}{{ end }}{{ end }}'
)
OPEN = '{{ with nomadVar "P" }}{{ base64Decode (index . "K").Value }}{{ end }}'


def render(text: str, variables: dict[str, dict[str, str]] | None = None) -> bytes:
    return rendered({"EmbeddedTmpl": text}, (variables or {}).get)


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_plain_text_is_itself() -> None:
    assert render("a }} b\n${x} ä") == "a }} b\n${x} ä".encode()


@given(st.binary())
def test_a_literal_gives_its_bytes(content: bytes) -> None:
    assert render(f'{{{{ "{encoded(content)}" | base64Decode }}}}') == content


def test_literals_stand_among_text() -> None:
    one, two = encoded(b"1"), encoded(b'a"b')

    text = f'A={{{{"{one}"|base64Decode}}}}\nB={{{{ "{two}" | base64Decode | toJSON }}}}\n'

    assert render(text) == b'A=1\nB="a\\"b"\n'


@pytest.mark.parametrize("form", [OPEN, CLOSED])
def test_an_item_of_a_variable(form: str) -> None:
    assert render(form, {"P": {"K": encoded(b"s3cret")}}) == b"s3cret"


def test_a_missing_variable_is_waited_for() -> None:
    with pytest.raises(MissingVariableError, match="P"):
        render(CLOSED)


def test_a_missing_item_is_empty_or_an_error_as_the_form_says() -> None:
    assert render(OPEN, {"P": {"other": "x"}}) == b""
    with pytest.raises(TemplateError, match="out of range"):
        render(CLOSED, {"P": {"other": "x"}})


@pytest.mark.parametrize(
    "text",
    ['{{ env "HOME" }}', "{{", '{{ with secret "x" }}{{ end }}', '{{ "x" }}', "{{ plugin }}"],
)
def test_an_unknown_form_is_refused(text: str) -> None:
    with pytest.raises(TemplateError, match="cannot render"):
        render(text)


def test_what_is_no_base64_is_refused() -> None:
    with pytest.raises(TemplateError, match="base64Decode"):
        render('{{ "abc" | base64Decode }}')


def test_lines_become_variables() -> None:
    text = b'A=1\n# no\n\nB="x\\ny"\nC=a=b\n'

    assert environment_of(text) == {"A": "1", "B": "x\ny", "C": "a=b"}


@pytest.mark.parametrize("text", [b"no assignment", b'A="open'])
def test_a_line_that_is_no_assignment_is_refused(text: bytes) -> None:
    with pytest.raises(TemplateError):
        environment_of(text)


def test_forms_of_more_than_one_secret_are_rendered() -> None:
    variables: dict[str, Any] = {"P": {"K": encoded(b"1")}}

    assert render(CLOSED + "-" + CLOSED, variables) == b"1-1"
