"""What tests of writes to Nomad have in common."""

import asyncio
from typing import Any

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.state.records import JobKey
from faas_nomad.translate.policy import JobPolicy

KEY = JobKey("default", "openfaas-a")


async def policy(region: str = "") -> JobPolicy:
    return JobPolicy(driver="docker")


async def no_sleep(_s: float) -> None:
    await asyncio.sleep(0)


def deployment(**changed: Any) -> FunctionDeployment:
    return FunctionDeployment.model_validate({"service": "a", "image": "i:1", **changed})
