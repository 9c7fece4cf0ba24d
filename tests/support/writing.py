"""What tests of writes to Nomad have in common."""

import asyncio
from collections.abc import Mapping
from typing import Any

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.records import JobKey
from faas_nomad.translate.meta import created_ns_from_meta, deployment_from_job_meta
from faas_nomad.translate.policy import JobPolicy

KEY = JobKey("default", "openfaas-a")


def read_meta(_key: JobKey, meta: Mapping[str, str]) -> tuple[FunctionDeployment, int]:
    return deployment_from_job_meta(meta), created_ns_from_meta(meta)


async def policy(region: str = "") -> JobPolicy:
    return JobPolicy(driver="docker")


async def no_sleep(_s: float) -> None:
    await asyncio.sleep(0)


def deployment(**changed: Any) -> FunctionDeployment:
    return FunctionDeployment.model_validate({"service": "a", "image": "i:1", **changed})
