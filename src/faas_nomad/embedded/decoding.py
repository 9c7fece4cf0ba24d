"""Decoding what a caller posts, as strictly as Nomad's Go decoder does. Pure.

Unknown keys pass, wrong types are refused with 400 and the decoder's text; durations are integer
nanoseconds, so `"10s"` is one of the wrong types.
"""

import json
from typing import Any

from faas_nomad.embedded.errors import ApiError

Schema = dict[str, Any]
_MAP = "map of strings"
_DURATION = "time.Duration"
_CHECK: Schema = {"Name": str, "Type": str, "Path": str, "Interval": _DURATION}
_CHECK |= {"Timeout": _DURATION, "CheckRestart": {"Limit": int, "Grace": _DURATION}}
_SERVICE: Schema = {
    "Name": str,
    "Provider": str,
    "PortLabel": str,
    "Tags": [str],
    "Checks": [_CHECK],
}
_RESOURCES: Schema = {
    "CPU": int,
    "Cores": int,
    "MemoryMB": int,
    "MemoryMaxMB": int,
    "SecretsMB": int,
}
_TEMPLATE: Schema = {"DestPath": str, "EmbeddedTmpl": str, "ChangeMode": str, "Perms": str}
_TEMPLATE |= {"Envvars": bool, "ErrMissingKey": bool, "Once": bool}
_ARTIFACT: Schema = {
    "GetterSource": str,
    "RelativeDest": str,
    "GetterMode": str,
    "GetterOptions": _MAP,
}
_RESTART: Schema = {"Attempts": int, "Interval": _DURATION, "Delay": _DURATION, "Mode": str}
_RESCHEDULE: Schema = {"Attempts": int, "Unlimited": bool, "Delay": _DURATION}
_RESCHEDULE |= {"MaxDelay": _DURATION, "DelayFunction": str, "Interval": _DURATION}
_UPDATE: Schema = {"MaxParallel": int, "Canary": int, "HealthCheck": str, "AutoPromote": bool}
_UPDATE |= {"AutoRevert": bool, "MinHealthyTime": _DURATION}
_UPDATE |= {"HealthyDeadline": _DURATION, "ProgressDeadline": _DURATION}
_PORT: Schema = {"Label": str, "Value": int, "To": int}
_NETWORK: Schema = {"Mode": str, "DynamicPorts": [_PORT], "ReservedPorts": [_PORT]}
_CONSTRAINT: Schema = {"LTarget": str, "RTarget": str, "Operand": str}
_TASK: Schema = {
    "Name": str, "Driver": str, "User": str, "Config": {}, "Env": _MAP, "Meta": _MAP,
    "KillSignal": str, "KillTimeout": _DURATION, "ShutdownDelay": _DURATION,
    "Resources": _RESOURCES, "Templates": [_TEMPLATE], "Artifacts": [_ARTIFACT],
    "LogConfig": {"MaxFiles": int, "MaxFileSizeMB": int, "Disabled": bool},
    "RestartPolicy": _RESTART, "Constraints": [_CONSTRAINT], "Services": [_SERVICE],
}  # fmt: skip
_GROUP: Schema = {
    "Name": str, "Count": int, "Meta": _MAP, "Tasks": [_TASK], "Networks": [_NETWORK],
    "Services": [_SERVICE], "Update": _UPDATE, "RestartPolicy": _RESTART,
    "ReschedulePolicy": _RESCHEDULE, "EphemeralDisk": {"SizeMB": int},
    "Scaling": {"Min": int, "Max": int, "Enabled": bool, "Policy": {}},
    "ShutdownDelay": _DURATION, "Constraints": [_CONSTRAINT],
}  # fmt: skip
_JOB: Schema = {
    "ID": str, "Name": str, "Namespace": str, "Region": str, "Type": str, "Priority": int,
    "Datacenters": [str], "NodePool": str, "Meta": _MAP, "Stop": bool, "Update": _UPDATE,
    "Constraints": [_CONSTRAINT], "TaskGroups": [_GROUP], "Affinities": [{"Weight": int}],
}  # fmt: skip
REGISTER: Schema = {
    "Job": _JOB, "EnforceIndex": bool, "JobModifyIndex": int, "PreserveCounts": bool,
    "PolicyOverride": bool,
}  # fmt: skip
NAMESPACE: Schema = {"Name": str, "Description": str, "Meta": _MAP}
VARIABLE: Schema = {"Namespace": str, "Path": str, "Items": _MAP}
_GO_TYPES: dict[Any, str] = {str: "string", int: "int", bool: "bool"}


def decode(body: bytes, schema: Schema) -> dict[str, Any]:
    """Return the object in `body`, its known fields of the types of `schema`.

    Raises:
        ApiError: 400, no JSON, no object, or a field of another type.
    """
    try:
        value = json.loads(body)
    except (ValueError, RecursionError) as err:
        raise ApiError(400, f"invalid JSON: {err}") from err
    _check(value, schema, "")
    if not isinstance(value, dict):
        raise ApiError(400, "EOF")
    return value


def _check(value: Any, wanted: Any, path: str) -> None:
    if value is None:
        return
    if isinstance(wanted, dict):
        _check_object(value, wanted, path)
    elif isinstance(wanted, list):
        _check_list(value, wanted[0], path)
    elif wanted == _MAP:
        for item in _typed(value, dict, path, "map[string]string").values():
            _typed(item, str, path, "string")
    elif wanted == _DURATION:
        _typed(value, int, path, wanted)
    else:
        _typed(value, wanted, path, _GO_TYPES[wanted])


def _check_list(value: Any, wanted: Any, path: str) -> None:
    for item in _typed(value, list, path, "[]"):
        if item is None:
            raise ApiError(400, f"null in field {path}")
        _check(item, wanted, path)


def _check_object(value: Any, wanted: dict[str, Any], path: str) -> None:
    for key, item in _typed(value, dict, path, "object").items():
        if key in wanted:
            _check(item, wanted[key], f"{path}.{key}" if path else key)


def _typed(value: Any, kind: type, path: str, go_type: str) -> Any:
    is_right = isinstance(value, kind) and not (kind is int and isinstance(value, bool))
    if is_right or value is None:
        return value
    field = f"field {path}" if path else "value"
    text = f"json: cannot unmarshal {_json_kind(value)} into Go struct {field} of type {go_type}"
    raise ApiError(400, text)


def _json_kind(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
