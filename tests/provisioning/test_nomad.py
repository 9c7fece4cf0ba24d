"""The rights that faas-nomad is given in Nomad: all of them, once, where they are told to be."""

import os
import subprocess
from typing import Any

import httpx
import pytest

from support.lab import PROVISIONING
from support.nomad_agent import NomadAgent
from support.nomad_binary import require_nomad

pytestmark = pytest.mark.real
POLICY = PROVISIONING / "nomad" / "faas-nomad.policy.hcl"
FUNCTIONS, PREFIX = "functions", "fn-"


def apply(agent: NomadAgent) -> None:
    done = subprocess.run(
        [str(PROVISIONING / "nomad" / "apply.sh"), "default", "own-job"],
        env={
            "PATH": f"{require_nomad().parent}:{os.environ['PATH']}",
            "NOMAD_ADDR": agent.address,
            "NOMAD_TOKEN": agent.token,
            "FUNCTIONS": FUNCTIONS,
            "JOB_PREFIX": PREFIX,
            "ROLE": "own-role",
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def found(agent: NomadAgent) -> dict[str, Any]:
    """Return all that the script may have made, without the indexes of writes."""
    headers = {"X-Nomad-Token": agent.token}
    with httpx.Client(base_url=agent.address, headers=headers, timeout=10) as nomad:
        [role] = nomad.get("/v1/acl/roles").json()
        things = {
            "namespaces": nomad.get("/v1/namespaces").json(),
            "policies": nomad.get("/v1/acl/policies").json(),
            "policy": nomad.get("/v1/acl/policy/own-job").json(),
            "role": nomad.get(f"/v1/acl/role/{role['ID']}").json(),
        }
    return dict(_without_indexes(things))


def _without_indexes(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {k: v for k, v in value.items() if k not in ("CreateIndex", "ModifyIndex")}
        return {key: _without_indexes(inner) for key, inner in kept.items()}
    return [_without_indexes(inner) for inner in value] if isinstance(value, list) else value


def test_namespace_policy_and_role_are_made_and_a_second_run_changes_nothing(
    agent: NomadAgent,
) -> None:
    apply(agent)
    first = found(agent)
    apply(agent)

    assert found(agent) == first
    assert {one["Name"] for one in first["namespaces"]} == {"default", FUNCTIONS}
    assert first["policy"]["JobACL"]["JobID"] == "own-job"
    assert f'namespace "{FUNCTIONS}"' in first["policy"]["Rules"]
    assert f'"nomad/jobs/{PREFIX}*"' in first["policy"]["Rules"]
    assert 'namespace "default"' not in first["policy"]["Rules"]
    assert [policy["Name"] for policy in first["role"]["Policies"]] == ["own-job"]


def test_a_token_of_the_role_has_these_rights_and_no_others(agent: NomadAgent) -> None:
    apply(agent)
    management = {"X-Nomad-Token": agent.token}
    with httpx.Client(base_url=agent.address, timeout=10) as nomad:
        body = {"Name": "t", "Type": "client", "Roles": [{"Name": "own-role"}]}
        token = nomad.put("/v1/acl/token", json=body, headers=management).json()["SecretID"]
        mine = {"X-Nomad-Token": token}

        def status(path: str, **params: str) -> int:
            return nomad.get(path, headers=mine, params=params).status_code

        assert status("/v1/jobs", namespace=FUNCTIONS) == 200
        assert status("/v1/jobs", namespace="default") == 403
        assert status("/v1/var/openfaas/secrets/x", namespace=FUNCTIONS) == 404
        assert status("/v1/var/nomad/jobs/other", namespace=FUNCTIONS) == 403
        assert status("/v1/operator/raft/configuration") == 403
