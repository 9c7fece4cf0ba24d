"""Namespaces on a real Nomad with ACLs, through the official client and faas-cli."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from support.go_sdk import GoSdk
from support.nomad_agent import NomadAgent, run_nomad_agent
from support.nomad_binary import require_nomad
from support.service import Service, run_service
from support.waiting import wait_until

pytestmark = [pytest.mark.real, pytest.mark.go]

READY_WITHIN_S = 60.0
NOTICED_WITHIN_S = 5.0
EMPTY_WITHIN_S = 60.0
MARK = {"openfaas": "1"}
POLICY = """
namespace "of-a" { capabilities = ["list-jobs", "read-job", "submit-job"] }
namespace "of-b" { capabilities = ["list-jobs", "read-job", "submit-job"] }
namespace "of-d" { capabilities = ["list-jobs"] }
node { policy = "read" }
"""


@dataclass(frozen=True)
class Site:
    """A Nomad with ACLs and a service on it."""

    agent: NomadAgent
    service: Service
    sdk: GoSdk

    @property
    def nomad(self) -> httpx.Client:
        """A client with the management token."""
        headers = {"X-Nomad-Token": self.agent.token}
        return httpx.Client(base_url=self.agent.address, headers=headers, timeout=30)

    def mark(self, name: str, **meta: str) -> None:
        """Make a Nomad namespace as an operator does, for functions."""
        body = {"Name": name, "Meta": {**MARK, **meta}}
        with self.nomad as nomad:
            nomad.put(f"/v1/namespace/{name}", json=body).raise_for_status()

    def deploy(self, name: str, namespace: str = "") -> None:
        """Deploy a function that answers what it is sent, and wait until it does."""
        body = {"service": name, "image": "none", "envProcess": "cat", "namespace": namespace}
        reply = self.sdk.deploy(body)
        assert (reply.status, reply.error) == (202, ""), reply
        wait_until(
            lambda: (self.sdk.get(name, namespace).result or {}).get("availableReplicas"),
            f"{name} of {namespace} can serve",
            READY_WITHIN_S,
        )

    def invoke(self, name: str) -> httpx.Response:
        return httpx.post(f"{self.service.gateway_url}/function/{name}", content=b"hi", timeout=30)

    def namespaces(self) -> list[str]:
        return sorted(self.sdk.call("namespaces").result)

    def delete_namespace(self, name: str) -> int:
        return self.sdk.call("delete-namespace", name=name).status


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NomadAgent]:
    folder = tmp_path_factory.mktemp("nomad")
    with run_nomad_agent(require_nomad(), folder, acl=True) as running:
        yield running


@contextmanager
def run_site(
    agent: NomadAgent, folder: Path, binary: Path, token: str, **settings: str
) -> Iterator[Site]:
    chosen = {"job_driver": "raw_exec", "nomad_token": token, **settings}
    with run_service(folder, agent.address, chosen) as service:
        service.wait_for_nomad()
        yield Site(agent, service, GoSdk(binary, service.gateway_url))


@pytest.fixture(scope="module")
def site(
    agent: NomadAgent, sdk_binary: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("service")
    with run_site(agent, folder, sdk_binary, agent.token, job_name_prefix="ns-") as running:
        yield running


def test_the_whole_life_of_a_namespace_with_a_function(site: Site) -> None:
    space = {"name": "team-a", "labels": {"owner": "x"}, "annotations": {"note": "ü"}}
    made = site.sdk.call("create-namespace", function_namespace=space)
    assert (made.status, made.error) == (201, ""), made
    sent = {"owner": "x", **MARK}
    found = site.sdk.call("namespace", name="team-a").result
    assert found == {"name": "team-a", "labels": sent, "annotations": {"note": "ü", **MARK}}
    assert "team-a" in site.namespaces()

    site.deploy("echo", "team-a")
    assert site.invoke("echo.team-a").text == "hi"
    assert site.invoke("echo").status_code == 404
    assert [fn["namespace"] for fn in site.sdk.list("team-a").result] == ["team-a"]

    changed = {"name": "team-a", "labels": {"owner": "y"}, "annotations": {}}
    assert site.sdk.call("update-namespace", function_namespace=changed).status == 202
    assert site.sdk.call("namespace", name="team-a").result["labels"] == {"owner": "y", **MARK}

    refused = site.sdk.call("delete-namespace", name="team-a")
    assert refused.status == 409
    assert "holds 1 function;" in refused.body
    assert site.invoke("echo.team-a").text == "hi"

    assert site.sdk.delete("echo", "team-a").status == 202
    # Until the replica's process has ended Nomad keeps the namespace, and the answer is 409.
    wait_until(lambda: site.delete_namespace("team-a") == 202, "it is deleted", EMPTY_WITHIN_S)
    assert "team-a" not in site.namespaces()
    assert site.sdk.call("namespace", name="team-a").status == 404


def test_a_namespace_made_by_others_is_followed_at_once(
    site: Site, sdk_binary: Path, tmp_path: Path
) -> None:
    site.mark("by-hand", owner="ops")
    wait_until(lambda: "by-hand" in site.namespaces(), "it is shown", NOTICED_WITHIN_S)
    found = site.sdk.call("namespace", name="by-hand").result
    assert (found["labels"], found.get("annotations") or {}) == (MARK, {})

    settings = {"job_name_prefix": "ns-"}
    with run_site(site.agent, tmp_path, sdk_binary, site.agent.token, **settings) as other:
        other.deploy("elsewhere", "by-hand")
        wait_until(
            lambda: site.invoke("elsewhere.by-hand").status_code == 200,
            "the first service carries requests to what the second deployed",
            NOTICED_WITHIN_S,
        )


def test_what_is_not_marked_is_not_shown(site: Site) -> None:
    with site.nomad as nomad:
        nomad.put("/v1/namespace/private", json={"Name": "private"}).raise_for_status()

    assert "private" not in site.namespaces()
    assert site.sdk.list("private").status == 400
    assert site.sdk.call("namespace", name="private").status == 404


def test_functions_of_many_namespaces_are_followed(site: Site) -> None:
    names = [f"many-{number:02}" for number in range(25)]
    for name in names:
        site.mark(name)
    wait_until(lambda: set(names) <= set(site.namespaces()), "all are shown", NOTICED_WITHIN_S)

    site.deploy("echo", names[-1])

    assert site.invoke(f"echo.{names[-1]}").text == "hi"
    assert site.sdk.delete("echo", names[-1]).status == 202
    wait_until(
        lambda: site.invoke(f"echo.{names[-1]}").status_code == 404, "it is gone", NOTICED_WITHIN_S
    )
    with site.nomad as nomad:
        for name in names[:-1]:
            nomad.delete(f"/v1/namespace/{name}").raise_for_status()


def test_a_provider_restricted_to_some_namespaces_works_on_those(
    site: Site, sdk_binary: Path, tmp_path: Path
) -> None:
    for name in ("of-a", "of-b", "of-c", "of-d"):
        site.mark(name)

    with run_site(
        site.agent, tmp_path, sdk_binary, restricted_token(site), nomad_namespace="of-a"
    ) as restricted:
        restricted.deploy("mine")
        restricted.deploy("mine-too", "of-b")

        # of-c cannot be seen with its token, of-d not be watched.
        wait_until(lambda: restricted.namespaces() == ["of-b", "openfaas-fn"], "those two", 10)
        assert restricted.invoke("mine.openfaas-fn").text == "hi"
        assert restricted.invoke("mine-too.of-b").text == "hi"
        assert restricted.sdk.list("of-c").status == 400
        made = restricted.sdk.call("create-namespace", function_namespace={"name": "of-e"})
        assert made.status == 403
        assert "management token" in made.body
        for name, namespace in (("mine", ""), ("mine-too", "of-b")):
            assert restricted.sdk.delete(name, namespace).status == 202


def restricted_token(site: Site) -> str:
    with site.nomad as nomad:
        policy = {"Name": "some", "Rules": POLICY}
        nomad.put("/v1/acl/policy/some", json=policy).raise_for_status()
        token = {"Name": "some", "Type": "client", "Policies": ["some"]}
        return str(nomad.put("/v1/acl/token", json=token).raise_for_status().json()["SecretID"])


def test_faas_cli_makes_shows_changes_and_removes_a_namespace(site: Site, tmp_path: Path) -> None:
    binary = shutil.which("faas-cli")
    if binary is None:
        pytest.skip("faas-cli is not on PATH")

    def cli(*arguments: str) -> str:
        done = subprocess.run(
            [binary, "namespace", *arguments, "-g", site.service.gateway_url],
            capture_output=True,
            text=True,
            timeout=60,
            env={"HOME": str(tmp_path), "OPENFAAS_CONFIG": str(tmp_path)},
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    cli("create", "of-cli", "--label", "owner=x", "--annotation", "note=y")
    assert "of-cli" in cli("list")
    shown = cli("get", "of-cli")
    assert "owner" in shown
    assert "note" in shown
    cli("update", "of-cli", "--label", "owner=z")
    assert site.sdk.call("namespace", name="of-cli").result["labels"] == {"owner": "z", **MARK}
    cli("remove", "of-cli")
    assert "of-cli" not in cli("list")
