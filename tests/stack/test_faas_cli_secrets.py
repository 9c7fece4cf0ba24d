"""`faas-cli secret …` as users type it, on each of the stores."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.faas_cli import Cli, faas_cli, flags
from support.functions import Functions
from support.vault_site import STORES, StoreSite, run_store_site

pytestmark = [pytest.mark.real, pytest.mark.go]


@pytest.fixture(scope="module", params=STORES)
def store(
    request: pytest.FixtureRequest,
    sdk_binary: Path,
    echo_binary: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[StoreSite]:
    folder = tmp_path_factory.mktemp(request.param)
    with run_store_site(request.param, folder, sdk_binary, echo_binary) as site:
        yield site


@pytest.fixture
def functions(store: StoreSite) -> Iterator[Functions]:
    with Functions(store.world, store.site.service) as deployed:
        yield deployed
        store.site.remember_nomad()


@pytest.fixture
def cli(functions: Functions, tmp_path: Path) -> Cli:
    return faas_cli(functions, tmp_path)


def test_the_life_of_a_secret(cli: Cli, functions: Functions, tmp_path: Path) -> None:
    binary = b"\0\xff from a file\n"
    (tmp_path / "value.bin").write_bytes(binary)

    created = cli("secret", "create", "cli-typed.a", "--from-literal", "one")
    from_file = cli("secret", "create", "cli-file", "--from-file", "value.bin", "--trim=false")
    again = cli("secret", "create", "cli-typed.a", "--from-literal", "two", "--replace")
    listed = cli("secret", "list")
    updated = cli("secret", "update", "cli-typed.a", "--from-literal", "three")
    sent = functions.world.deployment(secrets=["cli-typed.a", "cli-file"])
    name = functions.deploy(sent)
    removed = [cli("secret", "remove", secret) for secret in ("cli-typed.a", "cli-file")]

    for typed in (created, from_file, again, listed, updated, *removed):
        assert typed.code == 0, typed
    assert {"cli-typed.a", "cli-file"} <= set(listed.out.split())
    for secret, value in (("cli-typed.a", b"three"), ("cli-file", binary)):
        assert functions.invoke(name, headers={"X-Echo-Secret": secret}).content == value
    assert cli("secret", "remove", "cli-file").code == 1


def test_a_folder_of_secrets_is_applied(cli: Cli, functions: Functions, tmp_path: Path) -> None:
    folder = tmp_path / ".secrets"
    folder.mkdir()
    (folder / "cli-applied").write_text("one")

    applied = [cli("secret", "apply"), cli("secret", "apply")]

    assert [typed.code for typed in applied] == [0, 0], applied
    assert "cli-applied" in [one["name"] for one in functions.sdk.secrets().result]
    assert functions.sdk.delete_secret("cli-applied").status == 202


def test_a_secret_that_is_missing_is_named_to_who_deploys(cli: Cli, functions: Functions) -> None:
    typed = cli("deploy", *flags(functions.world.deployment()), "--secret", "cli-missing")

    assert typed.code != 0
    assert "cli-missing" in typed.out
