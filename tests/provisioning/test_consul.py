"""The rights in Consul, on a real one that trusts a real Nomad's identities."""

from pathlib import Path
from typing import Any

import pytest

from support.consul_server import ConsulServer, run_consul
from support.nomad_agent import NomadAgent

pytestmark = pytest.mark.real


def found(consul: ConsulServer) -> dict[str, Any]:
    """Return all that the script may have made, in full, without the indexes of writes."""
    policies = consul.get("/v1/acl/policies")
    rules = consul.get("/v1/acl/binding-rules")
    things: dict[str, list[dict[str, Any]]] = {
        "policies": [consul.get(f"/v1/acl/policy/{one['ID']}") for one in policies],
        "methods": [consul.get("/v1/acl/auth-method/nomad-workloads")],
        "rules": [consul.get(f"/v1/acl/binding-rule/{one['ID']}") for one in rules],
    }
    return {
        kind: [{k: v for k, v in one.items() if k != "ModifyIndex"} for one in ones]
        for kind, ones in things.items()
    }


def test_a_second_run_changes_nothing(tmp_path: Path, agent: NomadAgent) -> None:
    with run_consul(tmp_path, acl=True) as consul:
        jwks_url = f"{agent.address}/.well-known/jwks.json"
        consul.provision(NOMAD_JWKS_URL=jwks_url)
        first = found(consul)
        consul.provision(NOMAD_JWKS_URL=jwks_url)

        assert found(consul) == first
        names = {one["Name"] for one in first["policies"]}
        assert {"faas-nomad", "nomad-agent"} <= names
        bound = {(one["BindType"], one["BindName"]) for one in first["rules"]}
        services, own, tasks = "${value.nomad_service}", "faas-nomad", "faas-nomad-nothing"
        assert bound == {("service", services), ("policy", own), ("policy", tasks)}
