"""`faas-nomad check` finds faults that were planted in real servers, and says what to do."""

import asyncio
import itertools
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from faas_nomad.commands.check.findings import Finding, Level
from faas_nomad.commands.check.run import check
from faas_nomad.settings.page import Settings, settings_from
from support.certificates import make_authority
from support.consul_server import run_consul
from support.nomad_agent import NomadAgent, run_nomad_agent
from support.nomad_binary import require_nomad
from support.nomad_tls import TlsNomad, run_tls_nomad
from support.ports import free_ports
from support.vault_server import run_vault

pytestmark = pytest.mark.real
POLICY = (
    Path(__file__).parents[2] / "provisioning" / "nomad" / "faas-nomad.policy.hcl"
).read_text()
_SERIAL = itertools.count(1)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NomadAgent]:
    """A Nomad with ACLs on."""
    folder = tmp_path_factory.mktemp("nomad")
    with run_nomad_agent(require_nomad(), folder, acl=True) as running:
        yield running


@pytest.fixture(scope="module")
def tls_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsNomad]:
    with run_tls_nomad(require_nomad(), tmp_path_factory.mktemp("tls")) as running:
        yield running


def token_with(agent: NomadAgent, policy: str) -> str:
    """Return a new token with that policy alone."""
    name = f"check-{next(_SERIAL)}"
    with httpx.Client(base_url=agent.address, headers={"X-Nomad-Token": agent.token}) as http:
        made = http.post(f"/v1/acl/policy/{name}", json={"Name": name, "Rules": policy})
        assert made.is_success, made.text
        body = {"Name": name, "Type": "client", "Policies": [name]}
        return str(http.post("/v1/acl/token", json=body).json()["SecretID"])


def settings_for(agent: NomadAgent, policy: str = POLICY, **more: Any) -> Settings:
    """Return settings that fit the agent but for what `more` says."""
    port, gateway_port = free_ports(2)
    own = {"host": "127.0.0.1", "port": port, "gateway_port": gateway_port, "basic_auth": False}
    nomad = {"nomad_addr": agent.address, "nomad_token": token_with(agent, policy)}
    return settings_from({**own, **nomad, "job_driver": "raw_exec", "nomad_timeout": 5.0, **more})


def failures(settings: Settings, **clock: Any) -> list[Finding]:
    found = asyncio.run(check(settings, (), **clock))
    return [finding for finding in found if finding.level is Level.FAILURE]


def the_failure(settings: Settings, **clock: Any) -> Finding:
    """Return the only failure; what to do is never left open."""
    [found] = failures(settings, **clock)
    assert found.advice
    return found


def test_the_shipped_policy_is_enough(agent: NomadAgent) -> None:
    found = asyncio.run(check(settings_for(agent), ()))

    assert [one for one in found if one.level is Level.FAILURE] == []
    [token] = [one.text for one in found if one.subject == "Nomad token"]
    assert token.startswith("it has every right that is needed")
    with httpx.Client(base_url=agent.address, headers={"X-Nomad-Token": agent.token}) as http:
        assert http.get("/v1/vars").json() == []
        assert http.get("/v1/jobs").json() == []


def test_1_a_wrong_address(agent: NomadAgent) -> None:
    [port] = free_ports(1)

    found = the_failure(settings_for(agent, nomad_addr=f"http://127.0.0.1:{port}"))

    assert found.text == f"http://127.0.0.1:{port}: nothing listens there"
    assert "nomad_addr" in found.advice


def test_2_an_expired_certificate(agent: NomadAgent, tmp_path: Path) -> None:
    authority = make_authority(tmp_path / "authority")
    expired = authority.issue("server", ends=timedelta(days=-1))
    with run_tls_nomad(require_nomad(), tmp_path, expired) as server:
        tls = tls_settings(server, nomad_cacert=str(authority.ca_file))
        found = the_failure(settings_for(agent, **tls))

    assert "its certificate has expired" in found.text
    assert "renew Nomad's certificate" in found.advice


def test_3_a_wrong_authority(agent: NomadAgent, tls_server: TlsNomad, tmp_path: Path) -> None:
    other = make_authority(tmp_path)

    tls = tls_settings(tls_server, nomad_cacert=str(other.ca_file))
    found = the_failure(settings_for(agent, **tls))

    assert "from an authority that is not trusted" in found.text
    assert "nomad_cacert" in found.advice


@pytest.mark.parametrize("lacking", ["list-jobs", "read-job", "submit-job"])
def test_4_to_6_a_lacking_capability(agent: NomadAgent, lacking: str) -> None:
    found = the_failure(settings_for(agent, without(lacking)))

    assert f'it lacks the capability "{lacking}" in the namespace "default"' in found.text
    assert "faas-nomad.policy.hcl" in found.advice


@pytest.mark.parametrize("lacking", ["read", "write", "destroy"])
def test_7_a_lacking_right_on_variables(agent: NomadAgent, lacking: str) -> None:
    found = failures(settings_for(agent, without(lacking)))

    said = " ".join(one.text for one in found)
    for path in ("openfaas/secrets/*", "nomad/jobs/openfaas-*"):
        assert f'"{lacking}" on the variables path "{path}"' in said


def test_8_a_driver_that_no_node_has(agent: NomadAgent) -> None:
    found = the_failure(settings_for(agent, job_driver="podman"))

    assert "job_driver is podman, and no ready node has it" in found.text


def test_9_a_namespace_that_is_not_there(agent: NomadAgent) -> None:
    policy = POLICY.replace('namespace "default"', 'namespace "functions"')

    found = failures(settings_for(agent, policy, nomad_namespace="functions"))

    assert 'there is no namespace "functions"' in found[0].text
    assert "nomad namespace apply functions" in found[0].advice


def test_10_a_sealed_vault(agent: NomadAgent, tmp_path: Path) -> None:
    with run_vault(tmp_path / "vault") as vault:
        vault.provision()
        settings = settings_for(
            agent, vault_addr=vault.address, vault_token=vault.root, secrets_backend="vault"
        )
        assert failures(settings) == []

        vault.seal()
        found = the_failure(settings)
        vault.unseal()
        bad_token = settings_for(
            agent, vault_addr=vault.address, vault_token="s.bad", secrets_backend="vault"
        )
        login = the_failure(bad_token)

    assert (found.subject, found.text) == ("Vault", "it is sealed")
    assert "unseal" in found.advice
    assert login.subject == "Vault login"


def test_11_a_bad_token_of_consul(agent: NomadAgent, tmp_path: Path) -> None:
    with run_consul(tmp_path / "consul", acl=True) as consul:
        of_consul = {"discovery": "consul", "consul_http_addr": consul.address}
        good = settings_for(agent, **of_consul, consul_http_token=consul.token)
        bad = settings_for(agent, **of_consul, consul_http_token="6a1253d2-1785-24fd-91c2-f8e78c74")
        assert failures(good) == []
        found = the_failure(bad)
        in_mesh = {**of_consul, "consul_connect": "on"}
        consul.provision()
        # First: the agent keeps certificates by service, and asks nobody's token for them again.
        token = consul.token_with("faas-nomad")
        outside = the_failure(settings_for(agent, **in_mesh, consul_http_token=token))
        member = settings_for(agent, **in_mesh, consul_http_token=consul.token)
        assert failures(member) == []

    assert (found.subject, "ACL not found" in found.text) == ("Consul token", True)
    assert "consul_http_token" in found.advice
    assert (outside.subject, "CONNECT_SERVICE" in outside.advice) == ("Consul mesh", True)


@pytest.mark.parametrize("off_s", [-300.0, 300.0])
def test_12_a_clock_that_is_off(agent: NomadAgent, off_s: float) -> None:
    found = the_failure(settings_for(agent), clock=lambda: time.time() + off_s)

    assert found.subject == "clock"
    assert re.search(r"Nomad's is (299|300|301) s (ahead of|behind)", found.text)
    assert "time service" in found.advice


def test_an_address_without_tls_and_one_with_it_are_told_apart(
    agent: NomadAgent, tls_server: TlsNomad
) -> None:
    https = agent.address.replace("http://", "https://")
    http = f"http://127.0.0.1:{tls_server.port}"

    assert "it speaks no TLS" in the_failure(settings_for(agent, nomad_addr=https)).text
    assert "it speaks TLS" in the_failure(settings_for(agent, nomad_addr=http)).text


def test_a_lacking_client_certificate_is_told(agent: NomadAgent, tls_server: TlsNomad) -> None:
    bare = tls_settings(tls_server, nomad_client_cert="", nomad_client_key="")

    assert "wants a client certificate" in the_failure(settings_for(agent, **bare)).text


def test_the_command_prints_a_table_or_json_and_ends_by_it(agent: NomadAgent) -> None:
    port, gateway_port = free_ports(2)
    environment = {
        "PATH": os.environ["PATH"],
        "NOMAD_ADDR": agent.address,
        "NOMAD_TOKEN": token_with(agent, POLICY),
        "host": "127.0.0.1",
        "port": str(port),
        "gateway_port": str(gateway_port),
    }

    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "faas_nomad", "check", *words]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60)

    good = run()
    assert (good.returncode, good.stderr) == (0, "")
    assert "ok       Nomad token" in good.stdout
    assert environment["NOMAD_TOKEN"] not in good.stdout
    bad = run("--json", "--job-driver", "docker")
    assert bad.returncode == 1
    assert json.loads(bad.stdout)["ok"] is False
    assert run("--nomad-adr", "x").returncode == 2


def without(right: str) -> str:
    """Return the shipped policy without one right, everywhere."""

    def reduced(found: "re.Match[str]") -> str:
        return re.sub(rf'"{right}",? ?', "", found[0])

    lacking = re.sub(r"capabilities = \[[^]]*\]", reduced, POLICY)
    assert lacking != POLICY
    return lacking


def tls_settings(server: TlsNomad, **more: str) -> dict[str, str]:
    return {
        "nomad_addr": f"https://127.0.0.1:{server.port}",
        "nomad_cacert": server.ca_file,
        "nomad_client_cert": server.cert_file,
        "nomad_client_key": server.key_file,
        **more,
    }
