import pytest

from faas_nomad.settings.checks import clashes_of, notices_of
from faas_nomad.settings.derive import derive
from faas_nomad.settings.merge import merge
from faas_nomad.settings.page import settings_from
from faas_nomad.settings.sources import from_environment


def clashes(**environ: str) -> list[str]:
    merged = merge(list(from_environment(environ)))
    return [one.text for one in clashes_of(settings_from(merged.values), merged.origins)]


def notices(**environ: str) -> list[str]:
    merged = merge(list(from_environment(environ)))
    derive(merged)
    return list(notices_of(settings_from(merged.values), merged.origins))


def test_the_defaults_are_neither_wrong_nor_doubtful() -> None:
    assert clashes() == []
    assert notices() == []


@pytest.mark.parametrize("name", ["NOMAD", "CONSUL", "VAULT"])
def test_a_client_certificate_needs_its_key(name: str) -> None:
    cert, key = f"{name}_CLIENT_CERT", f"{name}_CLIENT_KEY"

    assert clashes(**{cert: "c.pem"}) == [
        f"{cert} (environment) has no key: expected {key.lower()} too"
    ]
    assert clashes(**{key: "k.pem"}) == [
        f"{key} (environment) has no certificate: expected {cert.lower()} too"
    ]
    assert clashes(**{cert: "c.pem", key: "k.pem"}) == []


def test_the_two_addresses_need_two_ports() -> None:
    (text,) = clashes(port="8080")

    assert text.startswith("port (environment) and gateway_port (default) are both 8080")
    assert clashes(port="8080", gateway_port="0") == []


@pytest.mark.parametrize("watchdog", ["embedded", "/usr/local/bin/of-watchdog"])
def test_a_checksum_is_for_a_download(watchdog: str) -> None:
    checksum = "sha256:" + "0" * 64

    assert len(clashes(watchdog=watchdog, watchdog_checksum=checksum)) == 1
    assert clashes(watchdog="https://h/w", watchdog_checksum=checksum) == []


def test_an_app_role_needs_both_of_its_ids() -> None:
    assert len(clashes(vault_app_role_id="a")) == 1
    assert len(clashes(vault_app_secret_id="a")) == 1
    assert clashes(vault_app_role_id="a", vault_app_secret_id="b") == []


def test_a_read_that_outlasts_the_write_is_told() -> None:
    assert notices(read_timeout="2m", upstream_timeout="1m") == [
        "read_timeout (environment) is longer than write_timeout (default), which ends it first"
    ]
    assert len(notices(function_timeout="2m")) == 1
    assert notices(read_timeout="2m", write_timeout="2m") == []


def test_an_unchecked_certificate_is_told() -> None:
    (text,) = notices(NOMAD_ADDR="https://h", nomad_tls_skip_verify="true")

    assert text.startswith("nomad_tls_skip_verify (environment): Nomad's certificate")


def test_certificates_for_an_address_without_tls_are_told() -> None:
    assert notices(NOMAD_CACERT="ca.pem", NOMAD_CLIENT_CERT="c.pem", NOMAD_CLIENT_KEY="k.pem") == [
        "NOMAD_CACERT (environment), NOMAD_CLIENT_CERT (environment) not used: "
        "Nomad's address is no https://"
    ]
    assert notices(NOMAD_ADDR="https://h", NOMAD_CACERT="ca.pem") == []


@pytest.mark.parametrize(
    ("token", "file"),
    [("NOMAD_TOKEN", "nomad_token_file"), ("CONSUL_HTTP_TOKEN", "CONSUL_HTTP_TOKEN_FILE")],
)
def test_a_token_beside_a_token_file_is_told_and_not_shown(token: str, file: str) -> None:
    assert notices(**{token: "s3cret", file: "t"}) == [
        f"{token} (environment) not used: a token file is set too"
    ]


def test_a_download_without_a_checksum_is_told() -> None:
    (text,) = notices(watchdog="https://h/w")

    assert "watchdog_checksum" in text


def test_secrets_in_vault_need_a_way_to_log_in() -> None:
    (text,) = clashes(secrets_backend="vault")

    assert text.startswith("secrets_backend (environment) is vault, and there is no way to log in")
    assert clashes(secrets_backend="vault", vault_token="t") == []
    assert clashes(secrets_backend="vault", vault_jwt_role="r", vault_jwt_file="f") == []


def test_a_secret_id_may_be_in_a_file_and_a_jwt_role_needs_its_file() -> None:
    assert clashes(vault_app_role_id="a", vault_app_secret_id_file="f") == []
    assert len(clashes(vault_jwt_role="a")) == 1


def test_of_two_ways_to_log_in_the_unused_one_is_told() -> None:
    given = {"vault_token": "t", "vault_app_role_id": "a", "vault_app_secret_id": "b"}

    assert "Vault is logged in to by approle; token not used" in notices(**given)


@pytest.mark.parametrize("use", ["on", "asked"])
def test_a_service_mesh_takes_discovery_by_consul(use: str) -> None:
    (text,) = clashes(consul_connect=use)

    assert text == f"consul_connect (environment) is {use}: expected discovery consul"
    assert clashes(consul_connect=use, discovery="consul") == []
    assert clashes(consul_connect="off") == []


def test_further_regions_need_the_own_one_s_name_and_are_not_too_many() -> None:
    assert clashes(NOMAD_REGIONS="west") == [
        "NOMAD_REGIONS (environment) needs the own region's name: expected nomad_region too"
    ]
    assert clashes(NOMAD_REGIONS="west,north", NOMAD_REGION="east") == []
    many = ",".join(f"r{number}" for number in range(11))
    [text] = clashes(NOMAD_REGIONS=many, NOMAD_REGION="east")
    assert "has 11 regions: expected at most 10" in text
