"""Keys of a service, its checks and its way into Consul's mesh. Pure."""

from faas_nomad.translate.hcl.keys import Block, Opaque, durations, values
from faas_nomad.translate.hcl.task_keys import LOGS, RESOURCES

_CHECK_RESTART = {
    **values(limit="Limit", ignore_warnings="IgnoreWarnings"),
    **durations(grace="Grace"),
}

_CHECK = {
    **values(
        name="Name",
        type="Type",
        path="Path",
        port="PortLabel",
        method="Method",
        protocol="Protocol",
        header="Header",
        body="Body",
        command="Command",
        args="Args",
        expose="Expose",
        address_mode="AddressMode",
        initial_status="InitialStatus",
        on_update="OnUpdate",
        task="TaskName",
        tls_skip_verify="TLSSkipVerify",
        success_before_passing="SuccessBeforePassing",
        failures_before_critical="FailuresBeforeCritical",
    ),
    **durations(interval="Interval", timeout="Timeout"),
    "CheckRestart": Block("check_restart", _CHECK_RESTART),
}

_UPSTREAM = values(
    destination_name="DestinationName",
    local_bind_port="LocalBindPort",
    local_bind_address="LocalBindAddress",
    datacenter="Datacenter",
)

_PROXY = {
    **values(
        local_service_address="LocalServiceAddress",
        local_service_port="LocalServicePort",
    ),
    "Config": Opaque("config"),
    "Upstreams": Block("upstreams", _UPSTREAM),
    "TransparentProxy": Block("transparent_proxy"),
}

_CONNECT = {
    **values(native="Native"),
    "SidecarService": Block(
        "sidecar_service",
        {
            **values(port="Port", tags="Tags", disable_default_tcp_check="DisableDefaultTCPCheck"),
            "Proxy": Block("proxy", _PROXY),
        },
    ),
    "SidecarTask": Block(
        "sidecar_task",
        {
            **values(driver="Driver"),
            "Config": Opaque("config"),
            "Resources": Block("resources", RESOURCES),
            "LogConfig": Block("logs", LOGS),
        },
    ),
}

SERVICE = {
    **values(
        name="Name",
        provider="Provider",
        port="PortLabel",
        tags="Tags",
        canary_tags="CanaryTags",
        meta="Meta",
        canary_meta="CanaryMeta",
        address="Address",
        address_mode="AddressMode",
        task="TaskName",
        on_update="OnUpdate",
        enable_tag_override="EnableTagOverride",
        tagged_addresses="TaggedAddresses",
        cluster="Cluster",
    ),
    "Checks": Block("check", _CHECK),
    "Connect": Block("connect", _CONNECT),
}
