"""A real Consul that speaks TLS and lets in only clients with a certificate of its authority."""

import json
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from faas_nomad.clients.errors import DeniedError, UnreachableError
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.settings.load import load_settings
from faas_nomad.wiring.discovery import consul_client
from support.certificates import Authority, make_authority
from support.consul_server import ConsulServer, run_consul

pytestmark = pytest.mark.real
UNHEARD = "perhaps it refuses our client certificate"
"""Where the server's reason was lost: it closed while the request was on its way."""
SERVER_NAMES = "DNS:server.dc1.consul,IP:127.0.0.1"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("ours") / "ca")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("other") / "ca")


@pytest.fixture(scope="module")
def consul(
    authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ConsulServer]:
    shown = authority.issue("server", names=SERVER_NAMES)
    files = TlsFiles(
        ca_file=str(authority.ca_file),
        cert_file=str(shown.cert_file),
        key_file=str(shown.key_file),
    )
    with run_consul(tmp_path_factory.mktemp("consul"), acl=True, tls=files) as server:
        yield server


@pytest.fixture(scope="module")
def right(consul: ConsulServer, authority: Authority) -> dict[str, str]:
    """The settings with which a client is let in, named as for the Consul CLI."""
    own = authority.issue("client", names="DNS:faas-nomad")
    return {
        "CONSUL_HTTP_ADDR": f"127.0.0.1:{consul.port}",
        "CONSUL_HTTP_SSL": "true",
        "CONSUL_HTTP_TOKEN": consul.token,
        "CONSUL_CACERT": str(authority.ca_file),
        "CONSUL_CLIENT_CERT": str(own.cert_file),
        "CONSUL_CLIENT_KEY": str(own.key_file),
    }


async def checks_seen(environ: dict[str, str]) -> set[str]:
    """Ask Consul as the service with these settings would; return the checks that it sees."""
    settings = load_settings({}, environ, Path.read_text).settings
    client = consul_client(settings, lambda _name, _outcome: None)
    try:
        found = await client.watch_checks("openfaas-", "", 0)
    finally:
        await client.backend.client.aclose()
    return {check["CheckID"] for check in json.loads(found.body)}


async def test_a_client_with_its_certificate_and_token_is_let_in(right: dict[str, str]) -> None:
    assert await checks_seen(right) == {"serfHealth"}


async def test_an_address_with_its_scheme_needs_no_switch(right: dict[str, str]) -> None:
    given = {**right, "CONSUL_HTTP_ADDR": f"https://{right['CONSUL_HTTP_ADDR']}"}
    del given["CONSUL_HTTP_SSL"]

    assert await checks_seen(given)


async def test_a_folder_of_authorities_serves_as_well(
    right: dict[str, str], authority: Authority, tmp_path: Path
) -> None:
    (tmp_path / "ours.pem").write_bytes(authority.ca_file.read_bytes())

    assert await checks_seen({**right, "CONSUL_CACERT": "", "CONSUL_CAPATH": str(tmp_path)})


async def test_the_server_may_be_known_by_its_role_s_name(right: dict[str, str]) -> None:
    assert await checks_seen({**right, "CONSUL_TLS_SERVER_NAME": "server.dc1.consul"})

    with pytest.raises(UnreachableError, match=r"certificate is not valid for 'consul\.example'"):
        await checks_seen({**right, "CONSUL_TLS_SERVER_NAME": "consul.example"})


async def test_a_wrong_authority_is_refused_with_the_reason(
    right: dict[str, str], other: Authority
) -> None:
    for wrong in (str(other.ca_file), ""):
        with pytest.raises(UnreachableError) as caught:
            await checks_seen({**right, "CONSUL_CACERT": wrong})
        text = str(caught.value)
        assert text.startswith(f"Consul at https://{right['CONSUL_HTTP_ADDR']} cannot be reached: ")
        assert "certificate verify failed" in text
        assert "\n" not in text


async def test_without_a_client_certificate_nobody_is_let_in_and_the_reason_is_told(
    right: dict[str, str],
) -> None:
    without = {**right, "CONSUL_CLIENT_CERT": "", "CONSUL_CLIENT_KEY": ""}

    with pytest.raises(UnreachableError, match=f"certificate required|{UNHEARD}"):
        await checks_seen(without)


async def test_a_client_certificate_of_another_authority_is_refused(
    right: dict[str, str], other: Authority
) -> None:
    foreign = other.issue("foreign", names="DNS:faas-nomad")
    given = {
        "CONSUL_CLIENT_CERT": str(foreign.cert_file),
        "CONSUL_CLIENT_KEY": str(foreign.key_file),
    }

    with pytest.raises(UnreachableError, match=f"unknown ca|bad certificate|{UNHEARD}"):
        await checks_seen({**right, **given})


async def test_a_key_that_is_not_the_certificate_s_is_found_before_anything_is_sent(
    right: dict[str, str], authority: Authority
) -> None:
    key = authority.issue("another", names="DNS:faas-nomad").key_file

    with pytest.raises(ssl.SSLError, match="key values mismatch"):
        await checks_seen({**right, "CONSUL_CLIENT_KEY": str(key)})


async def test_a_certificate_does_not_stand_for_a_token(right: dict[str, str]) -> None:
    assert await checks_seen({**right, "CONSUL_HTTP_TOKEN": ""}) == set()
    with pytest.raises(DeniedError, match="ACL not found"):
        await checks_seen({**right, "CONSUL_HTTP_TOKEN": "6a1253d2-1785-24fd-91c2-f8e78c745511"})
