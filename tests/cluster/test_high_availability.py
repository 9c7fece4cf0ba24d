"""A whole cluster loses a server, an instance of faas-nomad and a client, and no request."""

import pytest

from cluster.conftest import (
    FUNCTIONS,
    JOB,
    UP_WITHIN_S,
    Site,
    check_none_failed,
    renew_certificate,
)
from support.load import load
from support.processes import kill_allocation
from support.waiting import wait_until

pytestmark = [pytest.mark.real, pytest.mark.go, pytest.mark.timeout(400)]
RATE = 100.0
LOAD_S = 200.0


@pytest.fixture(scope="module")
def echo(site: Site) -> str:
    """The echo function with two replicas, deployed by the official client over HTTPS."""
    reply = site.sdk.deploy(site.deployment("echo"))
    assert (reply.status, reply.error) == (202, ""), reply
    wait_until(lambda: site.available("echo") == 2, "both replicas are there", UP_WITHIN_S)
    return "echo"


def test_a_function_is_deployed_and_invoked_over_https(site: Site, echo: str) -> None:
    reply = site.sdk.invoke(echo, body="hello")

    assert (reply.status, reply.error) == (200, ""), reply
    assert {a["NodeName"] for a in site.lab.allocations(JOB)} == {"a", "b"}

    def is_spread() -> bool:
        found = site.lab.allocations(f"openfaas-{echo}", FUNCTIONS)
        return {a["NodeName"] for a in found} == {"a", "b"}

    # A replica is found ready a moment before Nomad says that it runs.
    wait_until(is_spread, "each client has a replica", UP_WITHIN_S)


def test_an_upgrade_of_faas_nomad_itself_fails_no_request(site: Site, echo: str) -> None:
    before = {a["ID"] for a in site.lab.allocations(JOB)}
    url = f"{site.url}/function/{echo}"
    with load(
        site.sdk.binary,
        url,
        rate=RATE,
        methods=["GET", "POST"],
        duration_s=LOAD_S,
        ca_file=site.ca_file,
    ) as report:
        site.run_provider(log_level="debug")

        def is_upgraded() -> bool:
            running = {a["ID"] for a in site.lab.allocations(JOB)}
            return not running & before and site.provider_is_whole()

        wait_until(is_upgraded, "both instances are new", UP_WITHIN_S)
    print(f"upgrade: {report.requests} requests, {report.failed} failed, {report.p99_ms} ms p99")
    check_none_failed(site, report)


def test_a_renewed_certificate_is_shown_without_a_restart(site: Site) -> None:
    before = site.starts()
    addresses = [*site.instances(), site.url]
    shown = {address: site.certificate_at(address) for address in addresses}
    assert len(shown) == 3

    renew_certificate(site.lab)

    for address in addresses:
        wait_until(
            lambda at=address: site.certificate_at(at) not in ("", shown[at]),  # type: ignore[misc]
            f"{address} shows the new certificate",
            UP_WITHIN_S,
        )
    assert site.starts() == before
    assert site.answers("/readyz")


def test_losing_a_server_an_instance_and_a_client_in_turn_fails_no_request(
    site: Site, echo: str
) -> None:
    url, lab = f"{site.url}/function/{echo}", site.lab
    with load(
        site.sdk.binary, url, rate=RATE, methods=["GET"], duration_s=LOAD_S, ca_file=site.ca_file
    ) as report:
        lab.kill_server(lab.leader())
        wait_until(lab.leader, "another server leads", UP_WITHIN_S)

        [victim] = [a["ID"] for a in lab.allocations(JOB) if a["NodeName"] == "b"]
        kill_allocation(victim)

        wait_until(lambda: site.ready_instances() == 1, "it is gone", UP_WITHIN_S)
        wait_until(lambda: site.carries("b"), "it is sent invocations again", UP_WITHIN_S)

        lab.kill_client("a")

        def is_replaced() -> bool:
            found = lab.allocations(f"openfaas-{echo}", FUNCTIONS)
            return len(found) == 2 and {a["NodeName"] for a in found} == {"b"}

        wait_until(is_replaced, "the lost replica is replaced", UP_WITHIN_S)
        wait_until(lambda: site.available(echo) == 2, "two replicas serve again", UP_WITHIN_S)
    print(
        f"kills: {report.requests} requests, {report.failed} failed, ms: {report.p50_ms} median, "
        f"{report.p99_ms} p99, {report.max_ms} max, in {report.duration_s} s"
    )
    check_none_failed(site, report)
