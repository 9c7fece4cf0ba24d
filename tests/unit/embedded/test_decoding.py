"""Bodies are decoded as strictly as by Go."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.embedded.decoding import REGISTER, VARIABLE, decode
from faas_nomad.embedded.errors import ApiError
from support.nomad_job_specs import web_job


def decoded(value: Any) -> dict[str, Any]:
    return decode(json.dumps(value).encode(), REGISTER)


def test_a_whole_job_passes_unchanged() -> None:
    body = {"Job": web_job("x"), "EnforceIndex": True, "JobModifyIndex": 0}

    assert decoded(body) == body


def test_unknown_keys_pass() -> None:
    assert decoded({"Job": {"Nonsense": [1]}, "More": 1})["More"] == 1


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            {"Priority": "50"},
            "cannot unmarshal string into Go struct field Job.Priority of type int",
        ),
        ({"Priority": True}, "cannot unmarshal bool"),
        ({"Meta": {"a": 1}}, "cannot unmarshal number into Go struct field Job.Meta"),
        ({"TaskGroups": {}}, "cannot unmarshal object"),
        ({"TaskGroups": [None]}, "null in field Job.TaskGroups"),
        ({"Datacenters": "dc1"}, "cannot unmarshal string"),
        ({"TaskGroups": [{"Tasks": [{"KillTimeout": "5s"}]}]}, "of type time.Duration"),
        ({"TaskGroups": [{"Count": 1.5}]}, "cannot unmarshal number"),
        ({"TaskGroups": [{"Tasks": [{"Config": []}]}]}, "cannot unmarshal array"),
    ],
)
def test_another_type_is_refused_with_the_field(change: dict[str, Any], text: str) -> None:
    with pytest.raises(ApiError) as caught:
        decoded({"Job": {**web_job("x"), **change}})
    assert text in str(caught.value)
    assert caught.value.status == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"1", b'"x"', b"[" * 100_000])
def test_what_is_no_object_is_refused(body: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        decode(body, REGISTER)
    assert caught.value.status == 400


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_items_are_texts_or_refused(value: Any) -> None:
    body = json.dumps({"Items": {"k": value}}).encode()
    if value is None or isinstance(value, str):
        assert decode(body, VARIABLE)["Items"]["k"] == value
    else:
        with pytest.raises(ApiError, match="Items of type string"):
            decode(body, VARIABLE)
