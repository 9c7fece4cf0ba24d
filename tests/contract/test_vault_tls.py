"""A real Vault that speaks TLS and lets in only clients with a certificate of its authority."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from faas_nomad.clients.errors import UnreachableError
from faas_nomad.clients.tls import TlsFiles
from faas_nomad.clients.vault import VaultConnection
from faas_nomad.settings.load import load_settings
from faas_nomad.wiring.vault import vault_target
from support.nomad_binary import require_nomad
from support.vault_server import VaultServer, run_vault

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an authority, and another one, made by Nomad's own command."""
    folder = tmp_path_factory.mktemp("certificates")
    other = folder / "other"
    other.mkdir()
    for where, words in (
        (folder, ["ca", "create"]),
        (folder, ["cert", "create", "-server"]),
        (folder, ["cert", "create", "-client"]),
        (other, ["ca", "create"]),
    ):
        command = [str(require_nomad()), "tls", *words]
        subprocess.run(command, cwd=where, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def vault(certificates: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[VaultServer]:
    tls = TlsFiles(
        ca_file=str(certificates / "nomad-agent-ca.pem"),
        cert_file=str(certificates / "global-server-nomad.pem"),
        key_file=str(certificates / "global-server-nomad-key.pem"),
    )
    with run_vault(tmp_path_factory.mktemp("vault"), tls) as server:
        yield server


@pytest.fixture
def right(vault: VaultServer, certificates: Path) -> dict[str, str]:
    """The settings with which a client is let in."""
    return {
        "VAULT_ADDR": vault.address,
        "VAULT_CACERT": str(certificates / "nomad-agent-ca.pem"),
        "VAULT_CLIENT_CERT": str(certificates / "global-client-nomad.pem"),
        "VAULT_CLIENT_KEY": str(certificates / "global-client-nomad-key.pem"),
    }


async def initialized(environ: dict[str, str]) -> bool:
    """Ask Vault as the service with these settings would."""
    loaded = load_settings({}, environ, Path.read_text)
    connection = VaultConnection(vault_target(loaded.settings.vault))
    try:
        return bool(await connection.run(lambda client: client.sys.is_initialized()))
    finally:
        connection.close()


async def test_a_client_with_a_certificate_is_let_in(right: dict[str, str]) -> None:
    assert await initialized(right)


async def test_a_folder_of_authorities_needs_no_hashed_names(
    right: dict[str, str], tmp_path: Path
) -> None:
    authorities = tmp_path / "authorities"
    authorities.mkdir()
    shutil.copy(right.pop("VAULT_CACERT"), authorities / "ours.pem")

    assert await initialized({**right, "VAULT_CAPATH": str(authorities)})


async def test_the_expected_name_is_the_setting_s(right: dict[str, str]) -> None:
    assert await initialized({**right, "VAULT_TLS_SERVER_NAME": "server.global.nomad"})

    with pytest.raises(UnreachableError, match="Hostname mismatch"):
        await initialized({**right, "VAULT_TLS_SERVER_NAME": "vault.example.com"})


async def test_without_a_client_certificate_nobody_is_let_in(right: dict[str, str]) -> None:
    without = {k: v for k, v in right.items() if not k.startswith("VAULT_CLIENT")}

    with pytest.raises(UnreachableError, match="Vault cannot be reached"):
        await initialized(without)


async def test_a_certificate_of_another_authority_is_refused_with_the_reason(
    right: dict[str, str], certificates: Path
) -> None:
    other = str(certificates / "other" / "nomad-agent-ca.pem")

    for wrong in ({**right, "VAULT_CACERT": other}, {**right, "VAULT_CACERT": ""}):
        with pytest.raises(UnreachableError, match="certificate") as caught:
            await initialized(wrong)
        assert "/v1/" not in str(caught.value)


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
async def test_unless_it_is_not_to_be_checked(right: dict[str, str]) -> None:
    unchecked = {**right, "VAULT_CACERT": "", "VAULT_SKIP_VERIFY": "true"}

    assert await initialized(unchecked)
