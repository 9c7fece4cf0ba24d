"""The OpenFaaS provider API's JSON types, decoded as Go providers decode them. Pure.

Unknown keys are ignored, keys match in any case, `null` is the same as absent, and a scalar of
the wrong type is an error. A key in two cases, of which Go takes the last, is an error here: what
a gateway allowed must be what is done. Source: faas-provider `types/` and `logs/` (v0.25).
"""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    model_validator,
)
from pydantic_core import PydanticCustomError

MAX_REPLICAS = 1_000_000
"""Above any count Nomad takes (`job_max_count`, 50,000 unless raised); guards arithmetic only."""


def _empty_if_null(value: object) -> object:
    return {} if value is None else value


def _list_if_null(value: object) -> object:
    return [] if value is None else value


def _text_if_null(value: object) -> object:
    return "" if value is None else value


def _false_if_null(value: object) -> object:
    return False if value is None else value


Text = Annotated[StrictStr, BeforeValidator(_text_if_null)]
Flag = Annotated[StrictBool, BeforeValidator(_false_if_null)]
TextMap = Annotated[dict[StrictStr, StrictStr], BeforeValidator(_empty_if_null)]
TextList = Annotated[list[StrictStr], BeforeValidator(_list_if_null)]


class WireModel(BaseModel):
    """A JSON object as Go's decoder reads it: unknown keys dropped, keys in any case."""

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _fold_key_case(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        spelled = (field.alias or name for name, field in cls.model_fields.items())
        known = {key.casefold(): key for key in spelled}
        found: dict[str, Any] = {}
        for key, value in data.items():
            name = known.get(str(key).casefold())
            if name in found:
                raise PydanticCustomError("key", f"{name} once, in whatever case")
            if name:
                found[name] = value
        return found


class Resources(WireModel):
    """CPU, memory and GPU quantities exactly as the user wrote them, e.g. `128Mi`, `100m`."""

    memory: Text = ""
    cpu: Text = ""
    nvidia_gpu: Text = Field(default="", alias="nvidia.com/gpu")
    amd_gpu: Text = Field(default="", alias="amd.com/gpu")
    intel_gpu: Text = Field(default="", alias="intel.com/gpu")


class FunctionDeployment(WireModel):
    """The body of POST and PUT `/system/functions`: all that a user says of a function."""

    service: Text = ""
    image: Text = ""
    namespace: Text = ""
    env_process: Text = Field(default="", alias="envProcess")
    env_vars: TextMap = Field(default_factory=dict, alias="envVars")
    constraints: TextList = Field(default_factory=list)
    secrets: TextList = Field(default_factory=list)
    labels: TextMap = Field(default_factory=dict)
    annotations: TextMap = Field(default_factory=dict)
    limits: Resources | None = None
    requests: Resources | None = None
    read_only_root_filesystem: Flag = Field(default=False, alias="readOnlyRootFilesystem")


class DeleteFunctionRequest(WireModel):
    """The body of DELETE `/system/functions`."""

    function_name: Text = Field(default="", alias="functionName")
    namespace: Text = ""


class ScaleServiceRequest(WireModel):
    """The body of POST `/system/scale-function/{name}`; `replicas` may be 0."""

    service_name: Text = Field(default="", alias="serviceName")
    replicas: Annotated[StrictInt, Field(ge=0, le=MAX_REPLICAS)]
    namespace: Text = ""


class Secret(WireModel):
    """The body of POST, PUT and DELETE `/system/secrets`; `raw_value` is base64."""

    name: Text = ""
    namespace: Text = ""
    value: Text = Field(default="", repr=False)
    raw_value: Text = Field(default="", alias="rawValue", repr=False)


class FunctionNamespace(WireModel):
    """The body of POST, PUT and DELETE `/system/namespace/…`, and the answer to GET."""

    name: Text = ""
    labels: TextMap = Field(default_factory=dict)
    annotations: TextMap = Field(default_factory=dict)
