"""A function that speaks TLS itself, with a certificate of an authority that faas-nomad is told of.

No watchdog stands before it: the function's program is given as that.
"""

from collections.abc import Iterator

import pytest

from support.certificates import Authority, make_authority
from support.functions import Functions
from support.service import run_service
from support.waiting import wait_until
from support.world import ON_RAW_EXEC, Json, World

pytestmark = ON_RAW_EXEC
NAME = "orders.internal"
RUNS_WITHIN_S = 30.0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def functions(world: World, authority: Authority) -> Iterator[Functions]:
    settings = world.settings(
        "tls-",
        watchdog=world.echo.process,
        upstream_cacert=str(authority.ca_file),
        wake_timeout="2s",
    )
    with run_service(authority.folder, world.nomad_url, settings) as service:
        service.wait_for_nomad()
        with Functions(world, service) as deployed:
            yield deployed


@pytest.fixture(scope="module")
def deployment(world: World, authority: Authority) -> Json:
    """A function whose certificate names it, not its address."""
    certificate = authority.issue("orders", names=f"DNS:{NAME}")
    files = {"TLS_CERT": str(certificate.cert_file), "TLS_KEY": str(certificate.key_file)}
    sent = world.deployment(
        envVars=files,
        annotations={
            "com.openfaas.nomad.upstream_tls": "verify",
            "com.openfaas.nomad.upstream_tls.server_name": NAME,
        },
    )
    del sent["envVars"]["mode"]  # which is a watchdog's, and would want an address to call
    return sent


def test_a_function_that_speaks_tls_becomes_ready_and_is_called_by_tls(
    functions: Functions, deployment: Json
) -> None:
    name = functions.deploy(deployment)
    body = b"0123456789" * 30_000
    echo = functions.echoed(name, "/path", method="POST", content=body)

    assert (echo["uri"], echo["length"]) == ("/path", len(body))
    [alloc] = functions.allocations(name)
    assert echo["env"]["NOMAD_ALLOC_ID"] == alloc["ID"]


def test_a_function_under_another_name_gets_no_request(
    functions: Functions, deployment: Json
) -> None:
    server_name = "com.openfaas.nomad.upstream_tls.server_name"
    annotations = {**deployment["annotations"], server_name: "invoices.internal"}
    name = functions.send({**deployment, "service": "misnamed", "annotations": annotations})
    wait_until(lambda: bool(functions.allocations(name)), "it runs", RUNS_WITHIN_S)

    answer = functions.invoke(name)

    assert (answer.status_code, answer.headers["X-OpenFaaS-Internal"]) == (504, "proxy")
    assert not functions.status(name).get("availableReplicas")
