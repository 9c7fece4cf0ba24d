"""limits and requests → a task's Resources. Pure.

Nomad counts CPU in MHz and memory in MiB, has one CPU number, and refuses tasks below 10 MB.
What the user wrote is echoed from the stored deployment, never from here.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from faas_nomad.model.openfaas import FunctionDeployment, Resources
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.policy import JobPolicy
from faas_nomad.translate.quantities import is_bare, parse_quantity
from faas_nomad.translate.values import whole
from faas_nomad.translate.written import Written

MIN_MEMORY_MB = 10
"""Nomad refuses a task with less (`Resources.MeetsMinResources`)."""
MAX_MEMORY_MB = 1 << 30
MAX_CORES = 100_000
MAX_GPUS = 1_000
MIB = 1 << 20

_GPUS = (
    ("nvidia.com/gpu", "nvidia_gpu", "nvidia/gpu"),
    ("amd.com/gpu", "amd_gpu", "amd/gpu"),
    ("intel.com/gpu", "intel_gpu", "intel/gpu"),
)
_NONE_GIVEN = Resources()


@dataclass(frozen=True)
class Asked:
    """One quantity as requested and as limited; None where the user gave none."""

    request: int | None
    limit: int | None


def resources_of(
    fn: FunctionDeployment, policy: JobPolicy, written: Written, *, has_quota: bool
) -> dict[str, Any]:
    """Return the task's Resources.

    Args:
        has_quota: Whether the driver can hold a task to its CPU number.

    Raises:
        InvalidDeploymentError: A quantity cannot be read, or a request exceeds its limit.
    """
    devices = _devices(fn)
    return {
        **_cpu(fn, policy, written, has_quota=has_quota),
        **_memory(_asked_memory_mb(fn, policy), policy),
        **({"Devices": devices} if devices else {}),
    }


def is_cpu_limited(fn: FunctionDeployment) -> bool:
    """Return whether the user set a CPU limit."""
    return bool(fn.limits and fn.limits.cpu)


def _cpu(
    fn: FunctionDeployment, policy: JobPolicy, written: Written, *, has_quota: bool
) -> dict[str, int]:
    asked = _asked_mhz(fn, policy)
    if written.has("cores"):
        return {"Cores": written.whole("cores", 0, least=1, most=MAX_CORES)}
    if has_quota and policy.cpu_hard_limit and asked.limit is not None:
        return {"CPU": asked.limit}
    return {"CPU": _first(asked.request, asked.limit, policy.default_cpu_mhz)}


def _memory(asked: Asked, policy: JobPolicy) -> dict[str, int]:
    if not policy.memory_oversubscription:
        return {"MemoryMB": _first(asked.limit, asked.request, policy.default_memory_mb)}
    reserved_mb = _first(asked.request, asked.limit, policy.default_memory_mb)
    if asked.limit is None or asked.limit <= reserved_mb:
        return {"MemoryMB": reserved_mb}
    return {"MemoryMB": reserved_mb, "MemoryMaxMB": asked.limit}


def _asked_mhz(fn: FunctionDeployment, policy: JobPolicy) -> Asked:
    def cores(field: str, text: str) -> Fraction:
        amount = _quantity(field, text, "100m, 0.5 or 2")
        if policy.cpu_bare_integer == "mhz" and is_bare(text):
            amount /= policy.mhz_per_core
        return _at_most(field, text, amount, MAX_CORES, f"{MAX_CORES} cores")

    request, limit = _pair(fn, "cpu", cores)
    per_core = policy.mhz_per_core
    return Asked(
        None if request is None else max(1, math.ceil(request * per_core)),
        None if limit is None else max(1, math.ceil(limit * per_core)),
    )


def _asked_memory_mb(fn: FunctionDeployment, policy: JobPolicy) -> Asked:
    def mebibytes(field: str, text: str) -> Fraction:
        amount = _quantity(field, text, "128Mi, 1Gi or 128M")
        if not (policy.memory_bare_integer == "mb" and is_bare(text)):
            amount /= MIB
        return _at_most(field, text, amount, MAX_MEMORY_MB, "1Pi")

    request, limit = _pair(fn, "memory", mebibytes)
    return Asked(
        None if request is None else max(MIN_MEMORY_MB, math.ceil(request)),
        None if limit is None else max(MIN_MEMORY_MB, math.ceil(limit)),
    )


def _pair(
    fn: FunctionDeployment, kind: str, read: Callable[[str, str], Fraction]
) -> tuple[Fraction | None, Fraction | None]:
    """Return what was requested and what is the limit, in the unit that `read` gives."""
    request_text: str = getattr(fn.requests or _NONE_GIVEN, kind)
    limit_text: str = getattr(fn.limits or _NONE_GIVEN, kind)
    request = read(f"requests.{kind}", request_text) if request_text else None
    limit = read(f"limits.{kind}", limit_text) if limit_text else None
    if request is not None and limit is not None and request > limit:
        raise InvalidDeploymentError(
            f"requests.{kind}", request_text, f"at most limits.{kind}, {limit_text}"
        )
    return request, limit


def _quantity(field: str, text: str, examples: str) -> Fraction:
    amount = parse_quantity(text)
    if amount is None:
        raise InvalidDeploymentError(field, text, f"a quantity such as {examples}")
    return amount


def _at_most(field: str, text: str, amount: Fraction, most: int, shown: str) -> Fraction:
    if amount > most:
        raise InvalidDeploymentError(field, text, f"at most {shown}")
    return amount


def _devices(fn: FunctionDeployment) -> list[dict[str, Any]]:
    counts = ((device, _gpus(fn, key, attribute)) for key, attribute, device in _GPUS)
    return [{"Name": device, "Count": count} for device, count in counts if count]


def _gpus(fn: FunctionDeployment, key: str, attribute: str) -> int:
    """Return a GPU count; given as request and as limit, both must be the same."""
    limit: str = getattr(fn.limits or _NONE_GIVEN, attribute)
    request: str = getattr(fn.requests or _NONE_GIVEN, attribute)
    if limit and request and limit != request:
        raise InvalidDeploymentError(f"requests.{key}", request, f"limits.{key}, {limit}")
    field = f"limits.{key}" if limit else f"requests.{key}"
    return whole(field, limit or request or "0", most=MAX_GPUS)


def _first(*values: int | None) -> int:
    return next(value for value in values if value is not None)
