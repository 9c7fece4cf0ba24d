"""The rights in Consul, on a real one that trusts a real Nomad's identities."""

from pathlib import Path
from typing import Any

import pytest

from faas_nomad.clients.connections import open_client
from faas_nomad.clients.consul import Checks, ConsulClient
from faas_nomad.clients.http import Backend
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.tokens import FixedToken
from faas_nomad.state.consul_checks import is_hidden
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


async def test_a_list_shows_that_a_right_was_taken_away(tmp_path: Path) -> None:
    with run_consul(tmp_path, acl=True) as consul:
        consul.provision()
        check = {"TTL": "1h", "Status": "passing"}
        body = {"ID": "a", "Name": "openfaas-a", "Check": check}
        assert consul.ask("PUT", "/v1/agent/service/register", json=body).is_success
        token = consul.token_with("faas-nomad")
        [policy] = [p for p in consul.get("/v1/acl/policies") if p["Name"] == "faas-nomad"]

        whole = await checks(consul, token)
        assert {check["ServiceID"] for check in whole.read()} == {"", "a"}
        assert not whole.is_filtered
        for rules in (
            'node_prefix "" { policy = "read" }',
            'service_prefix "" { policy = "read" }',
        ):
            changed = {"Name": policy["Name"], "Rules": rules}
            assert consul.ask("PUT", f"/v1/acl/policy/{policy['ID']}", json=changed).is_success
            left = await checks(consul, token)
            assert is_hidden(left.read(), is_filtered=left.is_filtered, is_any_expected=True)
        anonymous = await checks(consul, "")
        assert is_hidden(anonymous.read(), is_filtered=False, is_any_expected=False)


async def checks(consul: ConsulServer, token: str) -> Checks:
    client = open_client(consul.address, TlsFiles(), 5)
    async with client:
        backend = Backend(
            "Consul", client, FixedToken(token), token_header="X-Consul-Token", timeout_s=5
        )
        return await ConsulClient(backend, timeout_s=5).watch_checks("openfaas-", "", 0)
