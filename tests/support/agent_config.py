"""The configuration that the tests' Nomad agents have in common, block by block.

All agents are on 127.0.0.1, on ports of their own. They join no Consul that they meet there and
ask no cloud for its metadata.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

ACL = "acl { enabled = true }\n"


def listening(http: int, rpc: int, serf: int, consul: str = "") -> str:
    """Return where an agent listens; `consul` are further lines of that block."""
    return f"""
bind_addr = "127.0.0.1"
ports {{
  http = {http}
  rpc  = {rpc}
  serf = {serf}
}}
advertise {{
  http = "127.0.0.1"
  rpc  = "127.0.0.1"
  serf = "127.0.0.1"
}}
consul {{
  auto_advertise   = false
  server_auto_join = false
  client_auto_join = false
{consul}
}}
limits {{
  http_max_conns_per_client = 500
}}
disable_update_check = true
"""


def running_tasks(task_ports: str, drivers: Sequence[str] = ("raw_exec",)) -> str:
    """Return that an agent runs tasks; `task_ports` is from `support.task_ports`."""
    return f"""
client {{
  network_interface = "lo"
  {task_ports}
  options = {{
    "fingerprint.denylist" = "env_aws,env_gce,env_azure,env_digitalocean"
    "driver.allowlist"     = "{",".join(drivers)}"
  }}
}}
plugin "raw_exec" {{
  config {{ enabled = true }}
}}
"""


def mutual_tls(ca_file: Path, cert_file: Path, key_file: Path) -> str:
    """Return that an agent speaks TLS, and with nobody who shows no certificate."""
    return f"""
tls {{
  http      = true
  rpc       = true
  ca_file   = "{ca_file}"
  cert_file = "{cert_file}"
  key_file  = "{key_file}"
  verify_server_hostname = true
  verify_https_client    = true
}}
"""


def docker(endpoint: str) -> str:
    """Return that containers are run by the engine at `endpoint`; empty without one."""
    if not endpoint:
        return ""
    return f"""
plugin "docker" {{
  config {{
    endpoint         = "{endpoint}"
    allow_privileged = false
    gc {{
      dangling_containers {{ enabled = false }}
    }}
  }}
}}
"""


def chroot(paths: Mapping[str, str]) -> str:
    """Return what exec and java tasks find in their root: host's path → path inside."""
    lines = "\n".join(f'    "{outside}" = "{inside}"' for outside, inside in paths.items())
    return f"client {{\n  chroot_env = {{\n{lines}\n  }}\n}}\n" if paths else ""
