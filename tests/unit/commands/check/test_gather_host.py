"""Ports and files of this machine."""

import socket
from pathlib import Path

import httpx
import pytest
import respx

from faas_nomad.commands.check.facts import PortUse
from faas_nomad.commands.check.gather_host import gather_host, use_of
from faas_nomad.settings.page import settings_from


def test_a_port_in_use_is_told_from_a_free_one() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        assert use_of("127.0.0.1", port) is PortUse.TAKEN

    assert use_of("127.0.0.1", port) is PortUse.FREE
    assert use_of("192.0.2.1", port) is PortUse.NO_SUCH_ADDRESS
    assert use_of("no.such.host.invalid", port) is PortUse.NO_SUCH_ADDRESS


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_port_that_faas_nomad_serves_is_known_whatever_it_speaks_there(
    scheme: str, respx_mock: respx.MockRouter
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        respx_mock.get(f"{scheme}://127.0.0.1:{port}/healthz").respond(json={"backends": {}})
        respx_mock.route().mock(side_effect=httpx.ReadError)

        assert use_of("127.0.0.1", port) is PortUse.OURS


def test_files_that_cannot_be_read_are_named_by_their_setting(tmp_path: Path) -> None:
    there = tmp_path / "ca.pem"
    there.write_text("x")
    settings = settings_from(
        {
            "nomad_cacert": str(there),
            "nomad_client_cert": str(tmp_path / "absent"),
            "gateway_port": 0,
            "basic_auth": True,
            "secret_mount_path": str(tmp_path),
        }
    )

    facts = gather_host(settings)

    assert set(facts.unreadable) == {"nomad_client_cert", "secret_mount_path"}
    assert "No such file" in facts.unreadable["nomad_client_cert"]
    assert set(facts.ports) == {"port"}
