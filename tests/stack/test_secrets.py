"""Secrets through the official client, read by functions, and by a second client in Nomad."""

import base64
import json
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import nomad.api.exceptions
import pytest

from support.cable import cable_to
from support.functions import Functions
from support.secret_site import SecretSite
from support.service import run_service
from support.waiting import wait_until
from support.world import World

MAX_VALUE_BYTES = 49_095
NAMES_AT_ONCE = 1000
LIST_WITHIN_S = 0.150
PREFIX = "secrets-"


@pytest.fixture(scope="module")
def site(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretSite]:
    """A service of this module's own; when all is done, no value used is found anywhere."""
    folder = tmp_path_factory.mktemp("secrets")
    settings = world.settings(PREFIX, resync_interval="1s", log_level="debug")
    with run_service(folder, world.nomad_url, settings) as service:
        service.wait_for_nomad()
        with SecretSite(world, service) as used:
            yield used
        assert len(used.used) > 0
        assert used.leaks() == []


@pytest.fixture
def functions(world: World, site: SecretSite) -> Iterator[Functions]:
    with Functions(world, site.service) as deployed:
        yield deployed
        site.remember_nomad()


@pytest.fixture
def second_namespace(world: World, site: SecretSite) -> Iterator[str]:
    name = "of-second"
    world.nomad.namespace.create_namespace({"Name": name, "Meta": {"openfaas": "1"}})

    def known() -> bool:
        return site.sdk.secrets(name).status == 200

    wait_until(known, "the service knows the namespace", 20)
    yield name
    world.nomad.namespace.delete_namespace(name)


def variable(world: World, path: str) -> dict[str, str] | None:
    """Return a variable's items as the second client reads them; None when there is none."""
    try:
        items: dict[str, str] = world.nomad.variable.get_variable(path)["Items"]
    except nomad.api.exceptions.URLNotFoundNomadException:
        return None
    return items


def test_the_whole_life_of_a_secret(site: SecretSite) -> None:
    name = "life.of-a.secret"
    site.create(site.text(), name)

    listed = site.sdk.secrets()
    assert {"name": name, "namespace": "openfaas-fn"} in [
        {key: one[key] for key in ("name", "namespace")} for one in listed.result
    ]
    site.check(listed, 200)
    site.check(site.sdk.create_secret(name, site.text()), 409)
    site.check(site.sdk.update_secret(name, site.text()))
    site.check(site.sdk.delete_secret(name))

    assert name not in [one["name"] for one in site.sdk.secrets().result]
    site.check(site.sdk.update_secret(name, site.text()), 404)
    site.check(site.sdk.delete_secret(name), 404)


def test_a_function_reads_its_secrets_byte_for_byte_from_read_only_files(
    site: SecretSite, functions: Functions
) -> None:
    values = {
        "text.with-dots": f"{site.text()}\n".encode(),
        "binary": b"\0\xff\r\n" + site.value(1000),
        "empty": b"",
        "large": site.value(MAX_VALUE_BYTES),
    }
    for name, value in values.items():
        as_sent = "" if name == "empty" else value
        site.create(as_sent, name)

    function = functions.deploy(functions.world.deployment(secrets=list(values)))

    for name, value in values.items():
        answer = site.read(functions, function, name)
        assert (answer.status_code, answer.content) == (200, value)
        assert answer.headers["X-Echo-Mode"] == "-r--r--r--"
    assert functions.status(function)["secrets"] == list(values)


def test_a_function_s_environment_and_job_hold_no_value(
    site: SecretSite, functions: Functions
) -> None:
    text = site.text()
    name = site.create(text)
    function = functions.deploy(functions.world.deployment(secrets=[name]))

    environment = functions.echoed(function)["env"]
    job = functions.world.nomad.job.get_job(functions.job_id(function))

    for place in (json.dumps(environment), json.dumps(job)):
        assert text not in place
        assert base64.b64encode(text.encode()).decode() not in place


def test_an_update_reaches_every_running_replica_without_a_restart(
    site: SecretSite, functions: Functions
) -> None:
    first, second = site.text(), site.text()
    name = site.create(first)
    labels = {"com.openfaas.scale.min": "2"}
    sent = functions.world.deployment(secrets=[name], labels=labels)
    function = functions.deploy(sent, available=2)
    site.wait_read(functions, function, name, first.encode())
    before = {alloc["ID"] for alloc in functions.allocations(function)}

    site.check(site.sdk.update_secret(name, second))

    seen: set[str] = set()

    def both_read_it() -> bool:
        answer = site.read(functions, function, name)
        if answer.content == second.encode():
            seen.add(answer.headers["X-Echo-Instance"])
        return seen == before

    wait_until(both_read_it, "both replicas read the new value", 15)
    assert {alloc["ID"] for alloc in functions.allocations(function)} == before


def test_a_missing_secret_is_named_and_nothing_is_registered(
    site: SecretSite, functions: Functions
) -> None:
    sent = functions.world.deployment(secrets=["is-missing"])
    before = functions.world.nomad.jobs.get_jobs()

    for reply in (site.sdk.deploy(sent), site.sdk.update(sent)):
        assert reply.status in (400, 404)
        site.said.append(reply.body)
    refused = site.sdk.deploy(sent)

    assert (refused.status, refused.body) == (
        400,
        'secrets: "is-missing" is not a secret that exists\n',
    )
    ids = {job["ID"] for job in functions.world.nomad.jobs.get_jobs()}
    assert ids == {job["ID"] for job in before}


def test_deleting_a_secret_in_use_is_allowed_and_logged_with_the_function(
    site: SecretSite, functions: Functions
) -> None:
    text = site.text()
    name = site.create(text)
    function = functions.deploy(functions.world.deployment(secrets=[name]))

    site.check(site.sdk.delete_secret(name))

    lines = site.service.child.log_file.read_text().splitlines()
    assert any(function in line and name in line and "deleted" in line for line in lines)
    assert site.read(functions, function, name).content == text.encode()
    functions.scale(function, 2)
    functions.wait_available(function, 2)
    site.check(site.sdk.update(functions.world.deployment(service=function, secrets=[name])), 400)


def test_a_removed_function_leaves_no_copy_of_its_secrets(
    site: SecretSite, functions: Functions
) -> None:
    name = site.create(site.text())
    function = functions.deploy(functions.world.deployment(secrets=[name]))
    path = f"nomad/jobs/{functions.job_id(function)}/fn/fn"
    held = variable(functions.world, path)
    assert held is not None
    assert sorted(held) == ["_openfaas", name]

    site.check(site.sdk.delete(function))

    assert variable(functions.world, path) is None


def test_a_function_s_update_to_other_secrets_takes_effect(
    site: SecretSite, functions: Functions
) -> None:
    old, new = site.create(site.text()), site.create(wanted := site.text())
    sent = functions.world.deployment(secrets=[old])
    function = functions.deploy(sent)

    site.check(site.sdk.update({**sent, "secrets": [new]}))
    functions.wait_updated(function)

    site.wait_read(functions, function, new, wanted.encode())
    assert site.read(functions, function, old).status_code == 404


def test_two_namespaces_have_secrets_of_the_same_name(
    site: SecretSite, second_namespace: str
) -> None:
    site.create(first := site.text(), "shared.name")
    site.create(second := site.text(), "shared.name", second_namespace)

    listed = site.sdk.secrets(second_namespace).result

    assert [(one["name"], one["namespace"]) for one in listed] == [
        ("shared.name", second_namespace)
    ]
    path = "openfaas/secrets/shared~name"
    held = [
        site.world.nomad.variable.get_variable(path, namespace=namespace)["Items"]["value"]
        for namespace in ("default", second_namespace)
    ]
    assert [base64.b64decode(value).decode() for value in held] == [first, second]
    site.check(site.sdk.delete_secret("shared.name", second_namespace))
    assert "shared.name" in [one["name"] for one in site.sdk.secrets().result]


@pytest.mark.parametrize("name", ["../x", "a/b", "{{", "a" * 64, "Upper", "", "a_b", "a\n", "."])
def test_a_bad_name_is_refused_in_one_line(site: SecretSite, name: str) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = send(site, method, {"name": name, "value": site.text()})
        assert answer.status_code == 400
        assert answer.text.startswith("name: ")
        assert answer.text.count("\n") == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "a", "rawValue": "no base64"}, "rawValue"),
        ({"name": "a", "namespace": "unknown"}, "namespace"),
        ({"name": "a", "value": "x" * (MAX_VALUE_BYTES + 1)}, "value: 49096 bytes"),
        ({"name": "a", "value": "x" * (2 << 20)}, "body"),
        ({"name": 7}, "name"),
    ],
    ids=["base64", "namespace", "value-over-limit", "body-over-limit", "number"],
)
def test_a_bad_body_is_refused_in_one_line(
    site: SecretSite, body: dict[str, object], field: str
) -> None:
    for method in ("POST", "PUT"):
        answer = send(site, method, body)
        assert answer.status_code == 400
        assert field in answer.text
        assert answer.text.count("\n") == 1


def send(site: SecretSite, method: str, body: dict[str, object]) -> httpx.Response:
    url = f"{site.service.gateway_url}/system/secrets"
    answer = httpx.request(method, url, json=body, timeout=20)
    site.said.append(answer.text)
    return answer


def test_a_thousand_secrets_are_listed_quickly(site: SecretSite, world: World) -> None:
    paths = [f"openfaas/secrets/many-{index}" for index in range(NAMES_AT_ONCE)]
    with httpx.Client(base_url=world.nomad_url) as nomad_http:
        for path in paths:
            nomad_http.put(f"/v1/var/{path}", json={"Items": {"value": "eA=="}})
    try:
        with httpx.Client(base_url=site.service.gateway_url) as client:
            took_s = min(timed(client) for _ in range(5))
            listed = client.get("/system/secrets").json()
    finally:
        with httpx.Client(base_url=world.nomad_url) as nomad_http:
            for path in paths:
                nomad_http.delete(f"/v1/var/{path}")

    assert len([one for one in listed if one["name"].startswith("many-")]) == NAMES_AT_ONCE
    print(f"1,000 secrets listed in {took_s * 1000:.0f} ms")
    assert took_s < LIST_WITHIN_S


def timed(client: httpx.Client) -> float:
    started_s = time.perf_counter()
    assert client.get("/system/secrets").status_code == 200
    return time.perf_counter() - started_s


def test_an_update_cut_short_reaches_functions_once_the_service_is_back(
    site: SecretSite, functions: Functions
) -> None:
    """As if the service had died between the master and the copies."""
    first, second = site.text(), site.text()
    name = site.create(first)
    function = functions.deploy(functions.world.deployment(secrets=[name]))
    site.wait_read(functions, function, name, first.encode())

    items = {"value": base64.b64encode(second.encode()).decode()}
    httpx.put(f"{functions.world.nomad_url}/v1/var/openfaas/secrets/{name}", json={"Items": items})

    site.wait_read(functions, function, name, second.encode())


def test_without_nomad_secret_calls_say_503_and_why(world: World, tmp_path: Path) -> None:
    with cable_to(world.nomad_url) as cable:
        settings = world.settings(PREFIX, nomad_timeout="1s")
        with run_service(tmp_path, cable.address, settings) as service:
            service.wait_for_nomad()
            url = f"{service.gateway_url}/system/secrets"
            cable.cut()
            away = [
                httpx.request(method, url, json={"name": "a", "value": "x"}, timeout=10)
                for method in ("GET", "POST", "PUT", "DELETE")
            ]
            cable.mend()
            wait_until(lambda: httpx.get(url).status_code == 200, "secrets are listed again", 10)

    assert [answer.status_code for answer in away] == [503] * 4
    assert all("Nomad" in a.text and a.text.count("\n") == 1 for a in away)


def test_the_search_for_values_finds_one_that_leaks(site: SecretSite) -> None:
    value = site.value()
    site.said.append(f"answered: {base64.b64encode(value).decode()}")

    assert len(site.leaks()) == 1

    site.said.pop()
    site.used.remove(value)
