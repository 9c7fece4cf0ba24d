import pytest

from faas_nomad.settings.derive import derive
from faas_nomad.settings.merge import Merged, merge
from faas_nomad.settings.sources import from_environment


def derived(**environ: str) -> Merged:
    merged = merge(list(from_environment(environ)))
    derive(merged)
    return merged


@pytest.mark.parametrize(
    ("environ", "address"),
    [
        ({"nomad_addr": "localhost:4646"}, "http://localhost:4646"),
        ({"nomad_addr": "h:4646", "enable_nomad_tls": "true"}, "https://h:4646"),
        ({"nomad_addr": "https://h/", "enable_nomad_tls": "true"}, "https://h"),
        ({"nomad_addr": "https://h", "enable_nomad_tls": "false"}, "https://h"),
        ({"enable_nomad_tls": "true"}, "https://127.0.0.1:4646"),
        ({"NOMAD_UNIX_ADDR": "unix:///s/api.sock"}, "unix:///s/api.sock"),
    ],
)
def test_an_address_gets_its_scheme(environ: dict[str, str], address: str) -> None:
    merged = derived(**environ)

    assert merged.values["nomad_addr"] == address
    assert merged.problems == []


def test_consul_has_such_a_switch_too() -> None:
    merged = derived(CONSUL_HTTP_ADDR="h:8501", CONSUL_HTTP_SSL="true")

    assert merged.values["consul_http_addr"] == "https://h:8501"


@pytest.mark.parametrize("address", ["http://h:4646", "unix:///s/api.sock"])
def test_tls_asked_of_an_address_without_it_is_a_contradiction(address: str) -> None:
    merged = derived(NOMAD_ADDR=address, enable_nomad_tls="true")

    assert merged.problems == [
        "enable_nomad_tls (environment) asks for TLS, "
        f"NOMAD_ADDR (environment) is {address!r}: expected https://"
    ]


def test_vaults_address_loses_its_last_slash() -> None:
    assert derived(VAULT_ADDR="https://v:8200/").values["vault_addr"] == "https://v:8200"


def test_an_invocation_takes_as_long_as_a_read_unless_told() -> None:
    merged = derived(read_timeout="5m")

    assert merged.values["upstream_timeout"] == 300.0
    assert merged.origins["upstream_timeout"].written == "read_timeout"


def test_a_limit_for_invocations_stands_on_its_own() -> None:
    assert derived(read_timeout="5m", function_timeout="30s").values["upstream_timeout"] == 30.0


def test_nothing_given_leaves_the_defaults() -> None:
    assert derived().values == {}


def test_a_vault_that_can_be_logged_in_to_keeps_the_secrets() -> None:
    found = derived(VAULT_ADDR="https://v:8200", VAULT_TOKEN="t")

    assert found.values["secrets_backend"] == "vault"
    assert str(found.origins["secrets_backend"]) == "VAULT_ADDR (environment)"


@pytest.mark.parametrize("role", ["vault_app_role_id", "vault_jwt_role"])
def test_a_role_to_log_in_as_needs_no_address(role: str) -> None:
    found = derived(**{role: "r"})

    assert found.values["secrets_backend"] == "vault"
    assert found.origins["secrets_backend"].written == role
    assert "secrets_backend" not in derived(VAULT_TOKEN="t").values


def test_a_vault_address_alone_or_beside_another_wish_changes_nothing() -> None:
    assert "secrets_backend" not in derived(VAULT_ADDR="https://v:8200").values
    said = derived(VAULT_ADDR="https://v:8200", VAULT_TOKEN="t", secrets_backend="nomad")
    assert said.values["secrets_backend"] == "nomad"
