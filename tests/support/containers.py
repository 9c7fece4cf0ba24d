"""Functions in containers of one driver, by a job alone, and what the engine says of them."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.policy import SAFE_CONTAINER_OPTIONS, JobPolicy
from support.images import Docker
from support.stopping_jobs import stop_job
from support.waiting import wait_until

READY_WITHIN_S = 60.0
JOB_ID = "openfaas-figlet"
_MORE_OPTIONS = {"group_add", "security_opt", "sysctl"}
"""Allowed on top of the safe ones, to be tried."""


@dataclass(frozen=True)
class Containers:
    """A Nomad with one node, the driver of functions, and the command line of its engine."""

    nomad: httpx.Client
    driver: str
    engine: Docker

    def wait_for_driver(self) -> None:
        """Wait until the node has the driver."""
        wait_until(self._is_healthy, f"the node has {self.driver}", READY_WITHIN_S)

    @contextmanager
    def running(self, fn: FunctionDeployment) -> Iterator[None]:
        """Have the function's job until the block ends, whether or not it can run."""
        policy = JobPolicy(
            driver=self.driver, container_options=SAFE_CONTAINER_OPTIONS | _MORE_OPTIONS
        )
        job = job_from_deployment(
            fn, policy, nomad_namespace="default", job_id=JOB_ID, count=1, created_ns=1
        )
        reply = self.nomad.post("/v1/jobs", json={"Job": job})
        assert reply.status_code == 200, reply.text
        try:
            yield
        finally:
            stop_job(self.nomad, JOB_ID)

    @contextmanager
    def inspected(self, fn: FunctionDeployment) -> Iterator[dict[str, Any]]:
        """Run a function and give what the engine says of its container."""
        with self.running(fn):
            allocation = wait_until(self._answering, "the function answers", READY_WITHIN_S)
            (found,) = json.loads(self.engine("inspect", f"fn-{allocation}"))
            yield found

    def failure(self) -> str:
        """Return what the driver says of a task that it could not start, "" if it said nothing."""
        states = [one["TaskStates"] or {} for one in self.nomad.get("/v1/allocations").json()]
        events = [event for one in states if "fn" in one for event in one["fn"]["Events"]]
        said = [event["DisplayMessage"] for event in events if event["Type"] == "Driver Failure"]
        return said[0] if said else ""

    def _is_healthy(self) -> bool:
        (node,) = self.nomad.get("/v1/nodes").json()
        return bool(node["Drivers"].get(self.driver, {}).get("Healthy"))

    def _answering(self) -> str:
        for allocation in self.nomad.get("/v1/allocations", params={"resources": "true"}).json():
            if allocation["ClientStatus"] == "failed":
                pytest.fail(str(allocation["TaskStates"]["fn"]["Events"]))
            if allocation["ClientStatus"] == "running":
                ports = allocation["AllocatedResources"]["Shared"]["Ports"]
                (port,) = [one["Value"] for one in ports if one["Label"] == "http"]
                try:
                    httpx.get(f"http://127.0.0.1:{port}/_/health", timeout=2)
                except httpx.TransportError:
                    return ""
                return str(allocation["ID"])
        return ""


def check_plain(inspected: dict[str, Any], env: dict[str, str]) -> None:
    """Check what is so of a function that asks for nothing, with any engine."""
    config, host = inspected["Config"], inspected["HostConfig"]
    for name, value in {**env, "fprocess": "cat", "OPENFAAS_NAME": "figlet"}.items():
        assert f"{name}={value}" in config["Env"]
    assert config["Labels"]["com.openfaas.function"] == "figlet"
    assert host["PidsLimit"] == 256
    assert host["Memory"] == 128 << 20
    assert host["ReadonlyRootfs"] is False
    assert list(host["PortBindings"]) == ["8080/tcp", "8080/udp"]
