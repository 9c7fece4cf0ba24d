"""Where secrets are in Vault's KV engine, and the templates that read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.translate.jobs import job_from_deployment
from faas_nomad.translate.secret_files import TaskSecrets
from faas_nomad.translate.secret_names import InvalidSecretError
from faas_nomad.translate.secret_variables import generation_key, without_unwanted
from faas_nomad.translate.vault_secrets import (
    MAX_VALUE_BYTES,
    KvPlace,
    TaskAuth,
    fields_of,
    is_secret,
    names_in,
    next_generation,
    place_of,
    secrets_mb,
    value_of,
    vault_block,
    vault_template,
)
from support.deployments import deployment, policy

ONE, TWO = KvPlace("secret", "openfaas", 1), KvPlace("secret", "openfaas", 2)


@pytest.mark.parametrize(
    ("prefix", "mount", "place"),
    [
        ("secret/openfaas", "secret/", KvPlace("secret", "openfaas", 2)),
        ("team/kv/a/b", "team/kv/", KvPlace("team/kv", "a/b", 2)),
        ("openfaas-fn", "openfaas-fn/", KvPlace("openfaas-fn", "", 2)),
    ],
)
def test_a_prefix_is_a_mount_and_a_folder_in_it(prefix: str, mount: str, place: KvPlace) -> None:
    assert place_of(prefix, mount, 2) == place


def test_the_default_namespace_has_no_folder_of_its_own() -> None:
    assert TWO.path("", "a") == "openfaas/a"
    assert TWO.path("of-b", "a") == "openfaas/of-b/a"
    assert (TWO.directory(""), TWO.directory("of-b")) == ("openfaas", "openfaas/of-b")
    assert KvPlace("kv", "", 1).path("", "a") == "a"


def test_kv_2_is_read_below_data() -> None:
    assert ONE.read_path("", "a") == "secret/openfaas/a"
    assert TWO.read_path("of-b", "a") == "secret/data/openfaas/of-b/a"


def test_text_is_kept_as_text_and_other_bytes_in_base64() -> None:
    assert fields_of("tëxt\n".encode()) == {"value": "tëxt\n"}
    assert fields_of(b"") == {"value": ""}
    assert fields_of(b"\0\xff") == {"value": "AP8=", "encoding": "base64"}


@given(value=st.binary(max_size=100))
def test_what_is_kept_gives_the_bytes_back(value: bytes) -> None:
    fields = fields_of(value)

    assert is_secret(fields)
    assert value_of(fields) == value


@pytest.mark.parametrize(
    "fields", [{"value": "by hand", "encoding": "base64"}, {"value": "half a pair: \ud800"}]
)
def test_what_somebody_else_wrote_is_refused_without_it(fields: dict[str, str]) -> None:
    with pytest.raises(InvalidSecretError, match=r"^value: what is kept .* what its fields say$"):
        value_of(fields)


def test_a_value_over_the_limit_is_refused_with_figures() -> None:
    with pytest.raises(InvalidSecretError, match="393217 bytes, expected at most 393216"):
        fields_of(b"x" * (MAX_VALUE_BYTES + 1))


@pytest.mark.parametrize("fields", [None, {}, {"value": 7}, {"password": "x"}])
def test_an_entry_without_text_in_value_is_no_secret(fields: dict[str, object] | None) -> None:
    assert not is_secret(fields)


def test_folders_and_what_is_no_name_are_not_listed() -> None:
    assert names_in(["b", "of-b/", "a.b", "Upper", "a_b"]) == ["a.b", "b"]


def test_every_generation_differs_from_the_last_and_is_the_latest_version() -> None:
    generation = ""
    for _ in range(40):
        after = next_generation(generation)
        assert after != generation
        assert int(after) == 0
        assert len(after) <= 16
        generation = after


def test_a_strange_generation_starts_anew() -> None:
    assert next_generation("czNjcmV0") == "0"


def test_the_template_reads_the_secret_in_the_generation_that_the_variable_tells() -> None:
    template = vault_template(TWO, "", "a.b", "nomad/jobs/j/fn/fn", generation_key("a.b"))

    assert template == (
        '{{ with nomadVar "nomad/jobs/j/fn/fn" }}'
        '{{ with secret (printf "secret/data/openfaas/a.b?version=%s"'
        ' (index . "vault_a.b").Value) }}{{ with .Data.data }}'
        '{{ if index . "encoding" }}{{ base64Decode .value }}{{ else }}{{ .value }}{{ end }}'
        "{{ end }}{{ end }}{{ end }}"
    )
    assert "{{ with .Data }}" in vault_template(ONE, "", "a", "p", "k")


def test_a_generation_goes_with_its_secret() -> None:
    items = {"vault_a": "0", "vault_b": "0", "_openfaas": "1"}

    assert without_unwanted(items, frozenset({"a"})) == {"vault_a": "0", "_openfaas": "1"}


def test_a_task_s_token_never_reaches_its_function() -> None:
    block = vault_block(TaskAuth("role", "policy"))

    assert (block["Env"], block["DisableFile"], block["ChangeMode"]) == (False, True, "noop")
    assert (block["Role"], block["Policies"]) == ("role", ["policy"])
    assert "Role" not in vault_block(TaskAuth("", "p"))


def test_a_task_with_large_secrets_has_room_for_them() -> None:
    assert secrets_mb(1 << 19) == 0
    assert secrets_mb((1 << 19) + 1) == 2
    assert secrets_mb(5 << 20) == 7


def test_a_job_has_the_vault_block_only_with_secrets() -> None:
    from_vault = TaskSecrets(lambda name: name, vault_block(TaskAuth("r", "p")), 3)

    task = task_with(from_vault, secrets=["a"])
    assert task["Vault"]["Role"] == "r"
    assert task["Resources"]["SecretsMB"] == 3
    assert "Vault" not in task_with(from_vault)


def task_with(found: TaskSecrets, **fields: object) -> dict[str, dict[str, object]]:
    job = job_from_deployment(
        deployment(**fields),
        policy(),
        nomad_namespace="default",
        job_id="openfaas-figlet",
        count=1,
        created_ns=1,
        secrets=found,
    )
    task: dict[str, dict[str, object]] = job["TaskGroups"][0]["Tasks"][0]
    return task
