import re

import pytest

from faas_nomad.settings.page import Settings, groups, settings_from, specs, values_of
from faas_nomad.settings.retired import RETIRED
from faas_nomad.settings.spec import Spec, specs_of

EVERY_SPEC = list(specs().values())
NAMES = [name for one in EVERY_SPEC for name in (one.name, *(a.name for a in one.aliases))]

WELL_KNOWN = """
    max_idle_conns max_idle_conns_per_host
    port gateway_port read_timeout write_timeout upstream_timeout basic_auth
    secret_mount_path function_namespace nomad_addr nomad_token nomad_region nomad_namespace
    nomad_cacert nomad_capath nomad_client_cert nomad_client_key nomad_tls_server_name
    nomad_skip_verify consul_http_addr consul_http_token consul_http_ssl
    consul_http_ssl_verify consul_cacert consul_client_cert consul_client_key vault_addr
    vault_token vault_namespace vault_cacert vault_client_cert vault_client_key
    vault_skip_verify job_driver job_datacenters job_region job_name_prefix secrets_backend
    discovery
"""
EARLIER = """
    port nomad_addr enable_nomad_tls nomad_tls_ca nomad_tls_cert nomad_tls_key
    nomad_tls_skip_verify nomad_acl nomad_region nomad_token job_region consul_addr
    consul_acl enable_consul_dns consul_token consul_tls_ca consul_tls_cert consul_tls_key
    consul_tls_skip_verify vault_addr vault_default_policy vault_secret_path_prefix
    vault_app_role_id vault_app_secret_id vault_tls_skip_verify vault_token vault_policy
    vault_tls_ca vault_tls_cert vault_tls_key enable_basic_auth basic_auth_secret_path
    basic_auth secret_mount_path cpu_arch_constraint dns_servers tags job_datacenters
    job_namespace job_name_prefix job_network_mode job_http_check function_timeout
    proxy_strategy read_timeout write_timeout logger_format logger_level logger_output
    log_format log_level log_file statsd_addr
"""


def test_no_name_stands_for_two_settings() -> None:
    assert len(NAMES) == len(set(NAMES)) == len(set(NAMES) - set(RETIRED))


@pytest.mark.parametrize("spec", EVERY_SPEC, ids=lambda one: one.name)
def test_a_default_reads_back_from_what_is_shown(spec: Spec) -> None:
    shown = spec.kind.show(spec.default)

    assert spec.kind.parse(shown) == spec.default


@pytest.mark.parametrize("spec", EVERY_SPEC, ids=lambda one: one.name)
def test_names_are_lower_case_and_meanings_are_given(spec: Spec) -> None:
    assert re.fullmatch("[a-z][a-z0-9_]*", spec.name)
    assert spec.about[0].isupper()
    assert not spec.about.endswith(".")


def test_every_token_password_and_id_of_a_secret_is_marked_secret() -> None:
    secrets = {spec.name for spec in EVERY_SPEC if spec.secret}

    assert secrets == {"nomad_token", "consul_http_token", "vault_token", "vault_app_secret_id"}


def test_attributes_that_bear_a_unit_are_of_kinds_that_read_it() -> None:
    for _, group in groups():
        for attribute, spec in specs_of(group):
            assert attribute.endswith("_s") == ("duration" in spec.kind.expects), spec.name


def test_settings_are_built_from_values_by_name() -> None:
    settings = settings_from({"port": 9000, "nomad_token": "t", "job_datacenters": ("a",)})

    assert settings.listen.port == 9000
    assert settings.nomad.token == "t"
    assert settings.job.datacenters == ("a",)
    assert settings.listen.gateway_port == 8080


def test_values_of_the_defaults_are_the_defaults() -> None:
    assert values_of(Settings()) == {spec.name: spec.default for spec in EVERY_SPEC}


def test_no_secret_is_in_the_representation_of_settings() -> None:
    secrets = {spec.name: "s3cret" for spec in EVERY_SPEC if spec.secret}

    assert "s3cret" not in repr(settings_from(secrets))


@pytest.mark.parametrize("name", WELL_KNOWN.split())
def test_the_names_of_openfaas_hashicorp_and_this_project_are_known(name: str) -> None:
    assert name in NAMES or name in RETIRED


@pytest.mark.parametrize("name", EARLIER.split())
def test_every_name_of_the_earlier_providers_is_known(name: str) -> None:
    assert name in NAMES or name in RETIRED
