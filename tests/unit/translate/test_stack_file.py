"""Stack files are read as faas-cli reads them."""

from collections.abc import Mapping
from typing import Any

import pytest

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.stack_document import StackFileError
from faas_nomad.translate.stack_file import Stack, stack_from

HEAD = "version: 1.0\nprovider:\n  name: openfaas\n  gateway: http://127.0.0.1:8080\nfunctions:\n"


def read(
    body: str, files: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None
) -> Stack:
    def read_file(name: str) -> str:
        if name not in (files or {}):
            raise FileNotFoundError(2, "No such file or directory")
        return (files or {})[name]

    lines = "".join(f"  {line}\n" for line in body.strip("\n").split("\n"))
    return stack_from(HEAD + lines, environ or {}, read_file)


def only(body: str, **more: Any) -> FunctionDeployment:
    [fn] = read(body, **more).functions
    return fn


def test_everything_that_a_function_may_have_is_taken() -> None:
    fn = only(
        """
a:
  lang: dockerfile
  handler: ./a
  image: i:1
  fprocess: cat
  namespace: dev
  readonly_root_filesystem: true
  environment: {A: b}
  labels: {l: "1"}
  annotations: {n: x}
  limits: {memory: 64Mi, cpu: 100m}
  requests: {memory: 32Mi}
  constraints: ["node.class == x"]
  secrets: [s]
  build_args: {A: "1"}
"""
    )

    assert fn.model_dump(by_alias=True, exclude_defaults=True) == {
        "service": "a",
        "image": "i:1",
        "namespace": "dev",
        "envProcess": "cat",
        "envVars": {"A": "b"},
        "constraints": ["node.class == x"],
        "secrets": ["s"],
        "labels": {"l": "1"},
        "annotations": {"n": "x"},
        "limits": {"memory": "64Mi", "cpu": "100m"},
        "requests": {"memory": "32Mi"},
        "readOnlyRootFilesystem": True,
    }


@pytest.mark.parametrize("image", ["a:1", "r:5000/a/b:1", "a@sha256:00"])
def test_an_image_with_a_tag_stays_and_others_are_the_latest(image: str) -> None:
    assert only(f"a: {{image: '{image}'}}").image == image
    assert only("a: {image: 'r:5000/a/b'}").image == "r:5000/a/b:latest"
    assert only("a: {fprocess: cat}").image == ""


def test_scalars_keep_their_spelling() -> None:
    fn = only("a:\n  image: i\n  environment: {A: 1.10, B: true, C: 0x1F, D: 2001-01-01, E: null}")

    assert fn.env_vars == {"A": "1.10", "B": "true", "C": "0x1F", "D": "2001-01-01", "E": ""}


@pytest.mark.parametrize("field", ["environment", "labels", "annotations"])
def test_entries_come_in_the_order_in_which_faas_cli_sends_them(field: str) -> None:
    fn = only(f"a:\n  image: i\n  {field}: {{b: '1', a_b: '1', A: '1', a: '1'}}")

    found = {"environment": fn.env_vars, "labels": fn.labels, "annotations": fn.annotations}[field]
    assert list(found or {}) == ["A", "a", "a_b", "b"]


def test_environment_files_win_and_come_in_order() -> None:
    fn = only(
        "a:\n  image: i\n  environment: {A: '1', B: '1'}\n  environment_file: [x.yml, y.yml]",
        files={"x.yml": "environment: {B: 2, C: 2}", "y.yml": "environment: {C: 3}"},
    )

    assert fn.env_vars == {"A": "1", "B": "2", "C": "3"}


def test_a_template_gives_the_process_where_the_function_has_none() -> None:
    template = {"template/python3/template.yml": "language: python3\nfprocess: python index.py"}

    assert only("a: {lang: python3, image: i}", files=template).env_process == "python index.py"
    assert only("a: {lang: python3, image: i, fprocess: cat}").env_process == "cat"
    assert only("a: {lang: Dockerfile, image: i}").env_process == ""


def test_what_is_not_known_is_told_and_builds_options_are_not() -> None:
    stack = read("a: {image: i, enviroment: {A: b}, skip_build: true, platforms: x}")

    assert stack.notes == [
        "functions.a.enviroment is not known and left out, did you mean environment?"
    ]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("a: {image: [1]}", "functions.a.image: expected a text"),
        ("a: {labels: x}", "functions.a.labels: expected a map"),
        ("a: {labels: {b: [1]}}", "functions.a.labels.b: expected a text"),
        ("a: {secrets: {b: c}}", "functions.a.secrets: expected a list"),
        ("a: {secrets: [[b]]}", "functions.a.secrets: expected a list of texts"),
        ("a: {readonly_root_filesystem: yes}", "'yes' is not true or false"),
        ("a: 1", "functions.a: expected a map"),
        ("a: {environment_file: [x.yml]}", "'x.yml' cannot be read: No such file"),
        ("a: {lang: go}", "faas-cli template pull"),
        ("a: &a {image: [", "the stack file: line 7:"),
    ],
)
def test_what_cannot_be_understood_is_named(body: str, said: str) -> None:
    with pytest.raises(StackFileError) as refused:
        read(body)

    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the stack file: expected a map"),
        ("provider: {name: faas}", "provider.name: 'faas' is not openfaas"),
        ("version: 2.0\nprovider: {name: openfaas}", "version: '2.0' is not 1.0"),
        ("provider: {name: openfaas}", "functions: there are none"),
        ("a: !!python/object:os.system {}", "line 1"),
    ],
)
def test_what_is_no_stack_file_is_refused(text: str, said: str) -> None:
    with pytest.raises(StackFileError, match=said):
        stack_from(text, {}, lambda _name: "")


def test_anchors_and_merge_keys_work() -> None:
    stack = read("a: &a\n  image: i\n  labels: {x: '1'}\nb:\n  <<: *a\n  image: j")

    assert [fn.image for fn in stack.functions] == ["i:latest", "j:latest"]
    assert stack.functions[1].labels == {"x": "1"}
