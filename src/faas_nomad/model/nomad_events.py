"""The lines of Nomad's event stream, as far as this project reads them.

Source: nomad `api/event_stream.go`, `api/evaluations.go` (v1.11).
"""

from typing import Literal, NotRequired

from typing_extensions import TypedDict

from faas_nomad.model.nomad import Allocation, Count, Index, ReadJob


class PlacementMetric(TypedDict):
    """Why a group could not be placed."""

    NodesEvaluated: NotRequired[Count]
    NodePool: NotRequired[str]
    ConstraintFiltered: NotRequired[dict[str, Count] | None]
    DimensionExhausted: NotRequired[dict[str, Count] | None]
    QuotaExhausted: NotRequired[list[str] | None]


class Evaluation(TypedDict):
    """An evaluation of a job: what the scheduler made of it."""

    Namespace: str
    JobID: str
    Status: str
    ModifyIndex: Index
    FailedTGAllocs: NotRequired[dict[str, PlacementMetric | None] | None]


class ToldDeployment(TypedDict):
    """A deployment of the event stream."""

    ID: str
    JobID: str
    Namespace: str
    JobVersion: Index
    Status: str
    StatusDescription: str
    ModifyIndex: Index


class Payload(TypedDict):
    """What an event tells of: one of these, by its topic."""

    Job: NotRequired[ReadJob]
    Allocation: NotRequired[Allocation]
    Deployment: NotRequired[ToldDeployment]
    Evaluation: NotRequired[Evaluation]


class ToldEvent(TypedDict):
    """An `Event` of one of the topics that are asked for, as far as it is read."""

    Topic: Literal["Job", "Allocation", "Deployment", "Evaluation"]
    Type: str
    Namespace: str
    Index: Index
    Payload: Payload


class Batch(TypedDict):
    """A line of the event stream; a heartbeat has no events."""

    Events: NotRequired[list[ToldEvent] | None]
