"""Names of OpenFaaS and the earlier providers that no longer mean anything, and what does. Pure."""

from collections.abc import Mapping

from faas_nomad.settings.origin import Origin

RETIRED: Mapping[str, str] = {
    "statsd_addr": "metrics are served on /metrics for Prometheus",
    "logger_output": "logs go to standard error: redirect that to a file",
    "log_file": "logs go to standard error: redirect that to a file",
    "enable_consul_dns": "name the DNS servers of functions in dns_servers",
    "proxy_strategy": "replicas are chosen by the requests that they have under way",
    "tags": "registrations bear this project's own tags",
    "max_idle_conns": "unused connections are bounded for each replica, by "
    "max_idle_connections_per_replica",
}


def notice(name: str, origin: Origin) -> str:
    """Return the line for the log about the retired `name`."""
    return f"{origin} has no effect: {RETIRED[name]}"
