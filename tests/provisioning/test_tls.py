"""The lab's authority and certificates: made once, kept, and made anew when they no longer fit."""

import os
import shutil
import ssl
import subprocess
from pathlib import Path

import pytest

from support.requirements import lacking
from support.shipped_jobs import DEPLOY

SCRIPT = DEPLOY.parent / "provisioning" / "tls" / "apply.sh"
NAMES = ("nomad-server", "nomad-client", "nomad-cli", "jwks", "consul", "vault", "faas-nomad")


def apply(folder: Path, **variables: str) -> list[str]:
    """Run the script as an operator would; return the lines that it printed."""
    if shutil.which("openssl") is None:
        lacking("no openssl on PATH")
    done = subprocess.run(
        [str(SCRIPT), str(folder)],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def contents(folder: Path) -> dict[str, tuple[bytes, int, int]]:
    return {
        file.name: (file.read_bytes(), file.stat().st_mtime_ns, file.stat().st_mode & 0o777)
        for file in folder.iterdir()
    }


def names_in(cert: Path) -> set[str]:
    words = ["openssl", "x509", "-in", str(cert), "-noout", "-ext", "subjectAltName"]
    text = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    return {name.strip() for name in text.splitlines()[1].split(",")}


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls") / "lab"
    apply(folder, NODES="IP:127.0.0.2")
    return folder


def test_every_certificate_is_the_authority_s_and_fits_its_key(lab: Path) -> None:
    for name in NAMES:
        context = ssl.create_default_context(cafile=str(lab / "ca.pem"))
        context.load_cert_chain(lab / f"{name}.pem", lab / f"{name}-key.pem")
        words = ["openssl", "verify", "-x509_strict", "-CAfile", "ca.pem", f"{name}.pem"]
        assert subprocess.run(words, cwd=lab, capture_output=True).returncode == 0, name


def test_nodes_are_known_by_their_role_and_their_addresses(lab: Path) -> None:
    here = {"DNS:localhost", "IP Address:127.0.0.1"}
    assert names_in(lab / "nomad-server.pem") == {
        "DNS:server.global.nomad",
        "IP Address:127.0.0.2",
        *here,
    }
    assert names_in(lab / "nomad-cli.pem") == {"DNS:cli.global.nomad"}
    assert names_in(lab / "faas-nomad.pem") == here


def test_keys_are_for_their_owner_alone(lab: Path) -> None:
    modes = {name: mode for name, (_, _, mode) in contents(lab).items()}

    assert {mode for name, mode in modes.items() if name.endswith("-key.pem")} == {0o600}
    assert modes["ca.pem"] == modes["vault.pem"] == 0o644


def test_a_second_run_changes_nothing(lab: Path) -> None:
    before = contents(lab)

    assert apply(lab, NODES="IP:127.0.0.2") == []
    assert contents(lab) == before


def test_other_names_or_a_near_end_make_a_certificate_anew_and_keep_its_key(
    tmp_path: Path,
) -> None:
    apply(tmp_path)
    before = contents(tmp_path)

    assert apply(tmp_path, PUBLIC="DNS:faas.lan") == ["made faas-nomad.pem"]
    assert names_in(tmp_path / "faas-nomad.pem") == {"DNS:faas.lan"}
    made = apply(tmp_path, PUBLIC="DNS:faas.lan", RENEW_DAYS="366")
    assert made == [f"made {name}.pem" for name in NAMES]
    after = contents(tmp_path)
    kept = [name for name in before if name.endswith("-key.pem") or name == "ca.pem"]
    assert [before[name] for name in kept] == [after[name] for name in kept]


def test_a_certificate_of_another_authority_is_replaced(tmp_path: Path) -> None:
    apply(tmp_path)
    apply(tmp_path / "other")
    for suffix in (".pem", "-key.pem"):
        shutil.copy(tmp_path / "other" / f"vault{suffix}", tmp_path)

    assert apply(tmp_path) == ["made vault.pem"]
