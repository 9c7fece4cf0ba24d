"""Authorities and certificates for tests, with dates that a usual tool would not give."""

import shutil
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from support.requirements import lacking

_CONFIG = """
[ca]
default_ca = own
[own]
database      = {folder}/index.txt
new_certs_dir = {folder}
rand_serial   = yes
policy        = any
default_md    = sha256
[any]
commonName = supplied
[authority]
basicConstraints = critical,CA:true
keyUsage         = critical,keyCertSign,cRLSign
[leaf]
basicConstraints = CA:false
subjectAltName   = {names}
extendedKeyUsage = serverAuth,clientAuth
"""


@dataclass(frozen=True)
class Certificate:
    """A certificate and its key, as PEM files."""

    cert_file: Path
    key_file: Path


@dataclass(frozen=True)
class Authority:
    """An authority whose files are all in `folder`."""

    folder: Path

    @property
    def ca_file(self) -> Path:
        return self.folder / "ca.pem"

    def issue(
        self,
        name: str,
        *,
        names: str = "DNS:localhost,IP:127.0.0.1",
        starts: timedelta = timedelta(days=-2),
        ends: timedelta = timedelta(days=100),
    ) -> Certificate:
        """Sign a certificate for `names`, valid from `starts` to `ends` as seen from now."""
        key, request = self.folder / f"{name}.key", self.folder / f"{name}.csr"
        cert, config = self.folder / f"{name}.pem", self.folder / f"{name}.cnf"
        config.write_text(_CONFIG.format(folder=self.folder, names=names))
        _openssl("req", "-new", *_KEY, "-keyout", key, "-out", request, "-subj", f"/CN={name}")
        now = datetime.now(UTC)
        dates = ("-startdate", _date(now + starts), "-enddate", _date(now + ends))
        authority = ("-cert", self.ca_file, "-keyfile", self.folder / "ca.key")
        form = ("-config", config, "-extensions", "leaf", "-batch", "-notext")
        _openssl("ca", *form, *authority, *dates, "-in", request, "-out", cert)
        return Certificate(cert, key)


def make_authority(folder: Path) -> Authority:
    """Make an authority in `folder`; skips without openssl, fails where it is required."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "index.txt").touch()
    config = folder / "ca.cnf"
    config.write_text(_CONFIG.format(folder=folder, names="DNS:authority"))
    authority = Authority(folder)
    files = ("-keyout", folder / "ca.key", "-out", authority.ca_file)
    form = ("-config", config, "-extensions", "authority", "-subj", "/CN=authority")
    _openssl("req", "-x509", "-days", "100", *_KEY, *files, *form)
    return authority


_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _date(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%SZ")


def _openssl(*words: str | Path) -> None:
    openssl = shutil.which("openssl")
    if openssl is None:
        lacking("no openssl on PATH, which makes certificates for tests")
    done = subprocess.run([openssl, *map(str, words)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
