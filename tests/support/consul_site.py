"""A Consul and a Nomad that know each other, set up by the project's own script."""

from faas_nomad.clients.tls import TlsFiles
from support.consul_server import ConsulServer


def nomad_consul_config(consul: ConsulServer, tls: TlsFiles | None = None) -> str:
    """Return the lines of a Nomad agent's `consul` block; with ACLs, with a token of its own.

    `tls` is what the agent shows to a Consul that speaks TLS.
    """
    lines = f"""
  address = "127.0.0.1:{consul.port}"
  grpc_address = "127.0.0.1:{consul.grpc_port}"
{_tls(tls) if tls else ""}
"""
    if not consul.token:
        return lines
    consul.provision()
    return f"""{lines}
  token = "{consul.token_with("nomad-agent")}"
  service_identity {{
    aud = ["consul.io"]
    ttl = "1h"
  }}
  task_identity {{
    aud = ["consul.io"]
    ttl = "1h"
  }}
"""


def _tls(files: TlsFiles) -> str:
    return f"""
  ssl          = true
  ca_file      = "{files.ca_file}"
  grpc_ca_file = "{files.ca_file}"
  cert_file    = "{files.cert_file}"
  key_file     = "{files.key_file}"
"""


def allow_identities(consul: ConsulServer, nomad_url: str) -> None:
    """Let Consul take the workload identities of the Nomad at `nomad_url`."""
    if consul.token:
        consul.provision(NOMAD_JWKS_URL=f"{nomad_url}/.well-known/jwks.json")


def consul_settings(
    consul: ConsulServer, job_name_prefix: str, *, connect_service: str = ""
) -> dict[str, str]:
    """Return a service's settings: with ACLs, a token of the project's policy for that prefix.

    With a `connect_service` it may be that service in the mesh too.
    """
    found = {"discovery": "consul", "consul_http_addr": consul.address}
    if not consul.token:
        return found
    policy = f"faas-nomad-{job_name_prefix.strip('-')}"
    jwks_url = consul.get("/v1/acl/auth-method/nomad-workloads")["Config"]["JWKSURL"]
    consul.provision(
        NOMAD_JWKS_URL=jwks_url,
        JOB_PREFIX=job_name_prefix,
        PROVIDER_JOB=policy,
        CONNECT_SERVICE=connect_service,
    )
    policies = [policy, *([f"{policy}-mesh"] if connect_service else [])]
    return {**found, "consul_http_token": consul.token_with(*policies)}
