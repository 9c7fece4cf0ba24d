"""What is answered has the promised shape, or is told of without being shown."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from faas_nomad.clients.errors import UnexpectedReplyError
from faas_nomad.clients.shapes import Shape
from faas_nomad.model.nomad import Allocation, JobStub, ReadJob
from faas_nomad.model.nomad_clients import AllocationStats
from faas_nomad.model.nomad_cluster import StoredVariable
from faas_nomad.model.nomad_events import Batch
from support.nomad_shapes import allocation, job_stub

JOB = {
    "ID": "openfaas-a",
    "Namespace": "default",
    "Version": 1,
    "JobModifyIndex": 5,
    "Meta": {"a": "b"},
    "TaskGroups": [{"Count": 1, "Scaling": {"Policy": {}}}],
}
EVENT = {
    "Topic": "Job",
    "Type": "JobRegistered",
    "Namespace": "default",
    "Index": 5,
    "Payload": {"Job": JOB},
}
STATS = {"ResourceUsage": {"CpuStats": {"Percent": 2.5}, "MemoryStats": {"RSS": 1}}}
VARIABLE = {"Items": {"value": "hush"}, "ModifyIndex": 5}
ODD = [{"a": {}}, [[]], 10**30, -1, float("nan"), float("inf")]
"""Nothing of which is right anywhere in what is read."""

SHAPES: list[tuple[Shape[Any], Any]] = [
    (Shape(ReadJob), JOB),
    (Shape(Batch), {"Events": [EVENT]}),
    (Shape(AllocationStats), STATS),
    (Shape(StoredVariable), VARIABLE),
    (Shape(list[JobStub]), [job_stub()]),
    (Shape(list[Allocation]), [allocation("a")]),
]


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give where `value` has what holds nothing else."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in pairs:
        if isinstance(inner, dict | list):
            yield from leaves(inner, (*path, key))
        else:
            yield (*path, key)


def with_odd(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    changed = copy.deepcopy(value)
    *before, last = path
    inner = changed
    for key in before:
        inner = inner[key]
    inner[last] = odd
    return changed


@pytest.mark.parametrize(("shape", "right"), SHAPES)
def test_what_is_right_is_given_as_it_came(shape: Shape[Any], right: Any) -> None:
    assert shape.of(right, "Nomad's answer") is right


@pytest.mark.parametrize(
    ("shape", "right"), [pair for pair in SHAPES if pair[1] is not VARIABLE][:3]
)
def test_nothing_odd_is_taken_wherever_it_is(shape: Shape[Any], right: Any) -> None:
    for path in leaves(right):
        for odd in ODD:
            with pytest.raises(UnexpectedReplyError):
                shape.of(with_odd(right, path, odd), "Nomad's answer")


@pytest.mark.parametrize("key", ["ID", "Namespace", "Version", "JobModifyIndex", "TaskGroups"])
def test_what_is_needed_is_not_missing(key: str) -> None:
    without = {name: value for name, value in JOB.items() if name != key}

    with pytest.raises(UnexpectedReplyError, match=f"{key}: missing"):
        Shape[Any](ReadJob).of(without, "Nomad's answer")


def test_what_is_wrong_is_named_and_not_shown() -> None:
    with pytest.raises(UnexpectedReplyError) as raised:
        Shape[Any](StoredVariable).of({"Items": {"value": ["hush"]}, "ModifyIndex": 5}, "An answer")

    assert str(raised.value) == "An answer is not as promised: Items.value: string type"
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
