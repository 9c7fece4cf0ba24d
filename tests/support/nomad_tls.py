"""A Nomad server that speaks mutual TLS, with certificates made by Nomad's own command."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from support.agent_config import listening, mutual_tls
from support.certificates import Certificate
from support.ports import free_ports
from support.processes import stop
from support.waiting import wait_until

_SERVER = """
data_dir = "{folder}/data"
server {{
  enabled          = true
  bootstrap_expect = 1
}}
"""


@dataclass(frozen=True)
class TlsNomad:
    """Where it listens, and the files of a client that it lets in."""

    port: int
    ca_file: str
    cert_file: str
    key_file: str


@contextmanager
def run_tls_nomad(
    binary: Path, folder: Path, certificate: Certificate | None = None
) -> Iterator[TlsNomad]:
    """Run the server with all its files in `folder` until the block ends.

    With a `certificate` of another authority it shows that one.
    """
    for words in (["ca", "create"], ["cert", "create", "-server"], ["cert", "create", "-client"]):
        command = [str(binary), "tls", *words]
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
    http, rpc, serf = free_ports(3)
    config = folder / "server.hcl"
    server_files = certificate or Certificate(
        folder / "global-server-nomad.pem", folder / "global-server-nomad-key.pem"
    )
    ca_file = folder / "nomad-agent-ca.pem"
    tls = mutual_tls(ca_file, server_files.cert_file, server_files.key_file)
    config.write_text(listening(http, rpc, serf) + tls + _SERVER.format(folder=folder))
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    log = folder / "server.log"
    with log.open("wb") as output:
        server = subprocess.Popen(
            [str(binary), "agent", f"-config={config}"],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        wait_until(
            lambda: "cluster leadership acquired" in log.read_text(errors="replace"),
            within_s=30,
            what="a leader",
        )
        yield TlsNomad(
            http,
            str(ca_file),
            str(folder / "global-client-nomad.pem"),
            str(folder / "global-client-nomad-key.pem"),
        )
    finally:
        stop(server)
