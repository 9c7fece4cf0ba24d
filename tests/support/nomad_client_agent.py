"""A client agent of another datacenter, beside a development agent as its server."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from support.agent_config import listening, running_tasks
from support.nomad_agent import NomadAgent, running_agent
from support.nomad_ready import ask, wait_for_node
from support.ports import free_ports
from support.task_ports import task_ports


@contextmanager
def run_nomad_client(
    binary: Path, folder: Path, server: NomadAgent, *, datacenter: str, more_config: str = ""
) -> Iterator[NomadAgent]:
    """Run a client agent of another datacenter on `server`, until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    config_file, log_file = folder / "agent.hcl", folder / "agent.log"
    http_port, rpc_port, serf_port = free_ports(3)
    with ExitStack() as stack:
        listens = listening(http_port, rpc_port, serf_port)
        tasks = running_tasks(stack.enter_context(task_ports()))
        config_file.write_text(
            f"""{listens}{tasks}{more_config}
datacenter = "{datacenter}"
data_dir   = "{folder}/data"
client {{
  enabled = true
  server_join {{
    retry_join = ["127.0.0.1:{rpc_port_of(server)}"]
  }}
}}
"""
        )
        command = [str(binary), "agent", f"-config={config_file}"]
        agent = stack.enter_context(running_agent(command, log_file))
        wait_for_node(agent, server.address, server.token, datacenter, log_file)
        yield NomadAgent(server.address, server.token, log_file, agent.pid)


def rpc_port_of(agent: NomadAgent) -> int:
    """Return the port that clients and other servers reach this server at."""
    found = ask(agent.address, "/v1/agent/self", agent.token)
    return int(found["config"]["Ports"]["RPC"])
