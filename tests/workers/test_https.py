"""HTTPS on the public addresses: what is let in, and a certificate replaced while serving."""

import os
import ssl
import sys
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from support.certificates import Authority, Certificate, make_authority
from support.ports import free_ports
from support.processes import running
from support.service import run_service
from support.waiting import wait_until

SHOWN_WITHIN_S = 20.0


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("authority"))


def install(certificate: Certificate, folder: Path) -> dict[str, str]:
    """Put the certificate where the settings say."""
    folder.mkdir(exist_ok=True)
    (folder / "key.pem").write_bytes(certificate.key_file.read_bytes())
    (folder / "cert.pem").write_bytes(certificate.cert_file.read_bytes())
    return {"tls_cert": str(folder / "cert.pem"), "tls_key": str(folder / "key.pem")}


@pytest.mark.parametrize("workers", ["1", "2"])
def test_callers_speak_https_and_see_a_new_certificate_without_a_restart(
    workers: str, authority: Authority, tmp_path: Path
) -> None:
    first = authority.issue(f"first-{workers}")
    second = authority.issue(f"second-{workers}", ends=timedelta(days=200))
    [nobody] = free_ports(1)
    settings = {**install(first, tmp_path / "tls"), "workers": workers}
    trust = ssl.create_default_context(cafile=str(authority.ca_file))
    with run_service(tmp_path, f"http://127.0.0.1:{nobody}", settings, verify=trust) as service:
        assert service.gateway_url.startswith("https://")
        with httpx.Client(verify=trust) as kept:
            assert kept.get(f"{service.gateway_url}/healthz").status_code == 200

            assert shown(service.gateway_url, trust) == {f"first-{workers}"}
            install(second, tmp_path / "tls")
            wait_until(
                lambda: shown(service.gateway_url, trust) == {f"second-{workers}"},
                "the new certificate is shown",
                SHOWN_WITHIN_S,
            )
            assert kept.get(f"{service.gateway_url}/healthz").status_code == 200

        (tmp_path / "tls" / "cert.pem").write_text("no certificate")
        log = service.child.log_file
        wait_until(lambda: "cannot be used" in log.read_text(), "it is told", SHOWN_WITHIN_S)
        assert shown(service.gateway_url, trust) == {f"second-{workers}"}
        plain = service.gateway_url.replace("https", "http")
        with pytest.raises(httpx.TransportError):
            httpx.get(plain)


def shown(url: str, trust: ssl.SSLContext) -> set[str]:
    """Return whose certificates are shown over many new connections."""
    names = set()
    for _ in range(10):
        with httpx.Client(verify=trust) as client, client.stream("GET", f"{url}/healthz") as reply:
            tls = reply.extensions["network_stream"].get_extra_info("ssl_object")
            names.add(dict(part[0] for part in tls.getpeercert()["subject"])["commonName"])
    return names


def test_files_that_cannot_be_used_stop_the_start(authority: Authority, tmp_path: Path) -> None:
    settings = install(authority.issue("mixed"), tmp_path / "tls")
    other = authority.issue("other")
    (tmp_path / "tls" / "key.pem").write_bytes(other.key_file.read_bytes())
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "host": "127.0.0.1"}
    port, gateway_port = free_ports(2)
    flags = ["--port", str(port), "--gateway-port", str(gateway_port)]
    words = [sys.executable, "-m", "faas_nomad", "serve", *flags]
    with running("faas-nomad", words, tmp_path / "log", {**environment, **settings}) as child:
        assert child.process.wait(20) == 1
    assert "cannot serve" in (tmp_path / "log").read_text()
