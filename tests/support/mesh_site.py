"""A Consul with ACLs and a Nomad whose functions have networks of their own, for the mesh."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from support.consul_server import ConsulServer, require_consul, run_consul
from support.consul_site import allow_identities, consul_settings, nomad_consul_config
from support.nomad_agent import run_nomad_agent
from support.nomad_binary import require_nomad
from support.requirements import lacking
from support.waiting import wait_until
from support.world import EchoImage, World

CNI_PLUGINS = ("/usr/lib/cni", "/opt/cni/bin")
MEMBER = "faas-nomad-of-tests"
BRIDGE = "fn-mesh0"
GONE_WITHIN_S = 60.0


@contextmanager
def run_mesh_world(sdk_binary: Path, echo_binary: Path) -> Iterator[World]:
    """Run both until the block ends; functions' sidecars are Consul's built-in proxy."""
    plugins = _require_networks()
    # Nomad has a Unix socket in each allocation's folder, whose path may have 107 bytes.
    with (
        TemporaryDirectory(prefix="m", dir="/tmp", ignore_cleanup_errors=True) as name,
        _running(Path(name), plugins, sdk_binary, echo_binary) as world,
    ):
        yield world


@contextmanager
def _running(folder: Path, plugins: str, sdk_binary: Path, echo_binary: Path) -> Iterator[World]:
    nomad_binary, consul_binary = require_nomad(), require_consul()
    api = {"addresses": {"http": f"127.0.0.1 unix://{socket_of(folder)}"}}
    with pytest.MonkeyPatch.context() as patch:
        # Nomad's agents run `consul`, and the plugins `iptables`.
        path = f"{consul_binary.parent}:{os.environ['PATH']}:/usr/sbin:/sbin"
        patch.setenv("PATH", path)
        with (
            _without_bridge(),
            run_consul(folder / "consul", acl=True, more=api) as consul,
            run_nomad_agent(
                nomad_binary,
                folder / "n",
                consul_config=nomad_consul_config(consul),
                more_config=_networks_config(plugins),
            ) as agent,
        ):
            allow_identities(consul, agent.address)
            image = EchoImage("functions/echo:1", process=str(echo_binary))
            yield World("raw_exec", agent.address, agent.pid, sdk_binary, image, folder, consul)
            _wait_for_no_networks(folder / "n")


def _networks_config(plugins: str) -> str:
    return f"""
client {{
  cni_path              = "{plugins}"
  bridge_network_name   = "{BRIDGE}"
  bridge_network_subnet = "172.31.250.0/24"
}}
"""


@contextmanager
def _without_bridge() -> Iterator[None]:
    """Remove the bridge in the end, which Nomad leaves."""
    try:
        yield
    finally:
        subprocess.run(["ip", "link", "delete", BRIDGE], check=False, capture_output=True)


def _wait_for_no_networks(agent_folder: Path) -> None:
    """Wait until all functions have ended, removed by who deployed them.

    Nomad then takes their networks down; a rule for a port that is left would catch others' calls.
    """
    allocations = [one.name for one in agent_folder.glob("NomadClient*/*") if one.is_dir()]
    networks = [Path("/var/run/netns", alloc_id) for alloc_id in allocations]
    wait_until(
        lambda: not any(network.exists() for network in networks),
        "no function's network is left",
        GONE_WITHIN_S,
    )


def socket_of(folder: Path) -> Path:
    """Return where Consul's HTTP API is for sidecars, in whatever network they are."""
    return folder / "consul.sock"


def mesh_settings(world: World, prefix: str, **more: str) -> dict[str, str]:
    """Return a service's settings: with a token of the project's policies alone."""
    consul = world.consul
    assert consul is not None
    found = consul_settings(consul, prefix, connect_service=MEMBER)
    return {
        **found,
        "job_driver": world.driver,
        "job_name_prefix": prefix,
        "consul_connect": "on",
        "consul_connect_service": MEMBER,
        "consul_sidecar_driver": "raw_exec",
        "consul_sidecar_http_addr": f"unix://{socket_of(world.folder)}",
        **more,
    }


def set_intention(consul: ConsulServer, function: str, action: str) -> None:
    """Let the service's calls of the function through, or not: `allow` or `deny`."""
    query = {"source": MEMBER, "destination": function}
    body = {"Action": action}
    reply = consul.ask("PUT", "/v1/connect/intentions/exact", params=query, json=body)
    assert reply.is_success, reply.text


def _require_networks() -> str:
    if os.geteuid() != 0:
        lacking("networks of allocations' own take root")
    found = [one for one in CNI_PLUGINS if (Path(one) / "bridge").exists()]
    return found[0] if found else lacking("no CNI plugins: Debian's containernetworking-plugins")
