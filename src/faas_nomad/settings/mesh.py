"""The settings of Consul's service mesh. Pure."""

from dataclasses import dataclass

from faas_nomad.settings.kinds import choice, text_kind
from faas_nomad.settings.spec import setting
from faas_nomad.settings.values import ADDRESS

_SERVICE = text_kind(
    "a service's name: lower-case letters, digits and dashes, at most 63",
    r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?",
)
_COMMAND = text_kind("a program's name or path", r"[^\s\0$]{1,4096}")
_MAYBE_ADDRESS = text_kind(ADDRESS.expects, r"[^\s\0$]{0,4096}")


@dataclass(frozen=True, slots=True)
class MeshSettings:
    """Functions in Consul's service mesh, and how they are called there."""

    use: str = setting(
        "consul_connect",
        "off",
        choice("off", "asked", "on"),
        "Consul's service mesh: off, for functions that ask for it by annotation (asked), or for "
        "all that do not decline (on); with `discovery` consul",
    )
    service: str = setting(
        "consul_connect_service",
        "faas-nomad",
        _SERVICE,
        "Who faas-nomad is in the mesh: the source of its calls in Consul's intentions",
    )
    sidecar_driver: str = setting(
        "consul_sidecar_driver",
        "envoy",
        choice("envoy", "raw_exec", "exec"),
        "Sidecar of functions in the mesh: Nomad's own Envoy task, or Consul's built-in proxy "
        "with this driver",
    )
    sidecar_command: str = setting(
        "consul_sidecar_command",
        "consul",
        _COMMAND,
        "The consul program on the nodes, for its built-in proxy",
    )
    sidecar_addr: str = setting(
        "consul_sidecar_http_addr",
        "",
        _MAYBE_ADDRESS,
        "Consul's HTTP API as the built-in proxy reaches it from a function's network, such as "
        "unix:///run/consul/http.sock; empty means 127.0.0.1:8500 there",
    )
