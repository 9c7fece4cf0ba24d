"""What render and plan can be given."""

import io
import json
from pathlib import Path

import pytest

from faas_nomad.commands.outcome import CommandError
from faas_nomad.commands.sources import Source, functions_of, read_functions

STACK = "provider: {name: openfaas}\nfunctions: {a: {image: i}, b: {image: ${TAG:-j}}}"


def test_json_is_one_deployment_or_a_list_of_them() -> None:
    one = '{"service": "a", "image": "i", "new_in_openfaas": 1}'

    assert [fn.service for fn in functions_of(one, {}).functions] == ["a"]
    assert [fn.service for fn in functions_of(f"[{one}, {one}]", {}).functions] == ["a", "a"]


def test_a_stack_file_may_be_json_too() -> None:
    text = json.dumps({"provider": {"name": "openfaas"}, "functions": {"a": {"image": "i"}}})

    assert [fn.image for fn in functions_of(text, {}).functions] == ["i:latest"]


@pytest.mark.usefixtures("here")
def test_the_usual_file_is_found_and_functions_are_chosen() -> None:
    Path("stack.yml").write_text(STACK)

    assert [fn.service for fn in read_functions(Source(), {}).functions] == ["a", "b"]
    [chosen] = read_functions(Source("", ("b",)), {"TAG": "k"}).functions
    assert (chosen.service, chosen.image) == ("b", "k:latest")


def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(STACK.encode())))

    assert len(read_functions(Source("-"), {}).functions) == 2


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize(
    ("source", "said"),
    [
        (Source(), "there is no stack.yaml here"),
        (Source("absent.yaml"), "absent.yaml cannot be read: No such file"),
        (Source("s.yaml", ("c",)), "s.yaml: no function c; there are a, b"),
        (Source("twice.json"), "twice.json: a function comes twice"),
        (Source("bad.json"), "bad.json: service: a JSON number, expected a valid string"),
        (Source("latin.yaml"), "latin.yaml: no UTF-8"),
        (Source("large.yaml"), "large.yaml cannot be read: over 1048576 bytes"),
    ],
)
def test_what_cannot_be_used_is_named(source: Source, said: str) -> None:
    Path("s.yaml").write_text(STACK)
    Path("twice.json").write_text('[{"service": "a"}, {"service": "a"}]')
    Path("bad.json").write_text('{"service": 1}')
    Path("latin.yaml").write_bytes(b"\xff")
    Path("large.yaml").write_text("a" * (1 << 20) + "a")

    with pytest.raises(CommandError) as refused:
        read_functions(source, {})

    assert str(refused.value).startswith(said)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
