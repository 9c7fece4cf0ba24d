"""Bodies are read as JSON and nothing else, whatever route they come to."""

import pytest

from faas_nomad.api.bodies import BadBodyError, decode
from faas_nomad.model.openfaas import FunctionDeployment
from support.control_plane import ControlPlane

HALF_A_PAIR = "\\ud800"
"""JSON can spell it, and no text of UTF-8 has it."""
CALLS = [
    ("POST", "/system/functions", '{"service": "a", "image": "%s"}'),
    ("POST", "/system/functions", '{"service": "a", "image": "b", "envVars": {"A": "%s"}}'),
    ("PUT", "/system/functions", '{"service": "a", "image": "b", "labels": {"%s": "c"}}'),
    ("DELETE", "/system/functions", '{"functionName": "%s"}'),
    ("POST", "/system/scale-function/a", '{"replicas": 1, "namespace": "%s"}'),
    ("POST", "/system/namespace/", '{"name": "a", "labels": {"openfaas": "1", "b": "%s"}}'),
    ("POST", "/system/secrets", '{"name": "a", "value": "%s"}'),
    ("POST", "/system/alert", '{"alerts": [{"labels": {"function_name": "%s"}}]}'),
]


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_a_text_that_utf_8_cannot_hold_is_refused_in_one_line(
    plane: ControlPlane, method: str, path: str, body: str
) -> None:
    answer = await plane.client.request(method, path, content=body % HALF_A_PAIR)

    assert answer.status_code == 400
    assert answer.text.startswith("body: no JSON (")
    assert answer.text.endswith("), expected a JSON object\n")
    assert answer.text.count("\n") == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"s3cret",
        b'{"service": s3cret}',
        b'{"service": "s3cret\xff"}',
        b'{"service": "s3cret\n"}',
        b'{"service": NaN}',
        b'{"service": "a"} s3cret',
        b"\xef\xbb\xbf{}",
        '{"service": "a"}'.encode("utf-16"),
        b"[" * 100_000,
        b'{"labels":' * 50_000,
        b'{"x": 1' + b"0" * 5_000 + b"}",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_what_is_no_json_is_refused_without_a_word_of_it(body: bytes) -> None:
    with pytest.raises(BadBodyError) as refused:
        decode(FunctionDeployment, body)

    assert str(refused.value).startswith("body: no JSON (")
    assert str(refused.value).isprintable()
    assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize(
    "body",
    [
        '{"service": "a", "namespace": "one", "namespace": "other"}',
        '{"service": "a", "namespace": "one", "namespace": null}',
        '{"service": "a", "namespace": "one", "Namespace": "other"}',
        '{"service": "a", "labels": {"b": "one", "b": "other"}}',
    ],
)
def test_what_a_gateway_in_front_may_have_read_otherwise_is_refused(body: str) -> None:
    with pytest.raises(BadBodyError) as refused:
        decode(FunctionDeployment, body.encode())

    assert str(refused.value) in (
        "body: no JSON (an object with a key that is there twice), expected a JSON object",
        "body: a JSON object, expected namespace once, in whatever case",
    )


def test_keys_of_labels_are_other_ones_in_another_case() -> None:
    fn = decode(FunctionDeployment, b'{"labels": {"a": "one", "A": "other"}}')

    assert fn.labels == {"a": "one", "A": "other"}
