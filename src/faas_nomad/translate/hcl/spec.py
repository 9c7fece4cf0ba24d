"""How Nomad's JSON keys are called in a job file, block by block. Pure.

Source: nomad `api/` and `jobspec2/` (v1.11); the structs of `api` carry both spellings.
A key that is not here is an error and never left out: a job file must say all that the job says.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Value:
    """An attribute with the JSON value as it is."""

    name: str


@dataclass(frozen=True)
class Duration:
    """An attribute: nanoseconds in JSON, a text such as `10s` here."""

    name: str


@dataclass(frozen=True)
class Text:
    """An attribute whose text may have many lines."""

    name: str


@dataclass(frozen=True)
class Opaque:
    """A block of attributes whose keys are not Nomad's: a driver's config."""

    name: str


@dataclass(frozen=True)
class Default:
    """A value that a job file cannot say, since it is the only one."""

    value: Any


@dataclass(frozen=True)
class Block:
    """A block, or a list of them; the value of `label` stands behind its name."""

    name: str
    keys: Mapping[str, "Key"] = field(default_factory=dict)
    label: str = ""


Key = Value | Duration | Text | Opaque | Default | Block


def _values(**names: str) -> dict[str, Key]:
    return {json_key: Value(name) for name, json_key in names.items()}


def _durations(**names: str) -> dict[str, Key]:
    return {json_key: Duration(name) for name, json_key in names.items()}


_CONSTRAINT = _values(attribute="LTarget", operator="Operand", value="RTarget")

_UPDATE = {
    **_values(
        max_parallel="MaxParallel",
        health_check="HealthCheck",
        canary="Canary",
        auto_promote="AutoPromote",
        auto_revert="AutoRevert",
    ),
    **_durations(
        min_healthy_time="MinHealthyTime",
        healthy_deadline="HealthyDeadline",
        progress_deadline="ProgressDeadline",
        stagger="Stagger",
    ),
}

_CHECK_RESTART = {
    **_values(limit="Limit", ignore_warnings="IgnoreWarnings"),
    **_durations(grace="Grace"),
}

_CHECK = {
    **_values(
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
    **_durations(interval="Interval", timeout="Timeout"),
    "CheckRestart": Block("check_restart", _CHECK_RESTART),
}

_UPSTREAM = _values(
    destination_name="DestinationName",
    local_bind_port="LocalBindPort",
    local_bind_address="LocalBindAddress",
    datacenter="Datacenter",
)

_PROXY = {
    **_values(
        local_service_address="LocalServiceAddress",
        local_service_port="LocalServicePort",
    ),
    "Config": Opaque("config"),
    "Upstreams": Block("upstreams", _UPSTREAM),
    "TransparentProxy": Block("transparent_proxy"),
}

_NETWORK = {
    **_values(mode="Mode", hostname="Hostname"),
    "DynamicPorts": Block("port", _values(to="To", host_network="HostNetwork"), label="Label"),
    "ReservedPorts": Block(
        "port", _values(static="Value", to="To", host_network="HostNetwork"), label="Label"
    ),
    "DNS": Block("dns", _values(servers="Servers", searches="Searches", options="Options")),
}

_SCALING = {
    **_values(enabled="Enabled", min="Min", max="Max"),
    "Type": Default("horizontal"),
    "Policy": Opaque("policy"),
}

_SPREAD = {
    **_values(attribute="Attribute", weight="Weight"),
    "SpreadTarget": Block("target", _values(percent="Percent"), label="Value"),
}

_TEMPLATE = {
    **_values(
        destination="DestPath",
        source="SourcePath",
        change_mode="ChangeMode",
        change_signal="ChangeSignal",
        perms="Perms",
        env="Envvars",
        left_delimiter="LeftDelim",
        right_delimiter="RightDelim",
        error_on_missing_key="ErrMissingKey",
        once="Once",
    ),
    **_durations(splay="Splay"),
    "EmbeddedTmpl": Text("data"),
}

_IDENTITY = {
    **_values(
        name="Name",
        aud="Audience",
        change_mode="ChangeMode",
        change_signal="ChangeSignal",
        env="Env",
        file="File",
        filepath="Filepath",
    ),
    **_durations(ttl="TTL"),
}

_RESOURCES = {
    **_values(
        cpu="CPU", cores="Cores", memory="MemoryMB", memory_max="MemoryMaxMB", secrets="SecretsMB"
    ),
    "Devices": Block(
        "device",
        {**_values(count="Count"), "Constraints": Block("constraint", _CONSTRAINT)},
        label="Name",
    ),
}

_LOGS = _values(max_files="MaxFiles", max_file_size="MaxFileSizeMB")

_TASK = {
    **_values(
        driver="Driver",
        user="User",
        env="Env",
        meta="Meta",
        leader="Leader",
        kill_signal="KillSignal",
    ),
    **_durations(kill_timeout="KillTimeout", shutdown_delay="ShutdownDelay"),
    "Config": Opaque("config"),
    "Constraints": Block("constraint", _CONSTRAINT),
    "Vault": Block(
        "vault",
        _values(
            role="Role",
            policies="Policies",
            cluster="Cluster",
            namespace="Namespace",
            env="Env",
            disable_file="DisableFile",
            change_mode="ChangeMode",
            change_signal="ChangeSignal",
        ),
    ),
    "Consul": Block("consul", _values(cluster="Cluster", namespace="Namespace")),
    "Identity": Block("identity", _IDENTITY),
    "Identities": Block("identity", _IDENTITY),
    "Secrets": Block(
        "secret",
        {**_values(provider="Provider", path="Path"), "Config": Opaque("config")},
        label="Name",
    ),
    "Artifacts": Block(
        "artifact",
        {
            **_values(source="GetterSource", destination="RelativeDest", mode="GetterMode"),
            "GetterOptions": Opaque("options"),
            "GetterHeaders": Opaque("headers"),
        },
    ),
    "Templates": Block("template", _TEMPLATE),
    "Resources": Block("resources", _RESOURCES),
    "LogConfig": Block("logs", _LOGS),
}

_CONNECT = {
    **_values(native="Native"),
    "SidecarService": Block(
        "sidecar_service",
        {
            **_values(port="Port", tags="Tags", disable_default_tcp_check="DisableDefaultTCPCheck"),
            "Proxy": Block("proxy", _PROXY),
        },
    ),
    "SidecarTask": Block(
        "sidecar_task",
        {
            **_values(driver="Driver"),
            "Config": Opaque("config"),
            "Resources": Block("resources", _RESOURCES),
            "LogConfig": Block("logs", _LOGS),
        },
    ),
}

_SERVICE = {
    **_values(
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

_GROUP = {
    **_values(count="Count", meta="Meta"),
    **_durations(shutdown_delay="ShutdownDelay"),
    "Constraints": Block("constraint", _CONSTRAINT),
    "Consul": Block("consul", _values(cluster="Cluster", namespace="Namespace")),
    "Scaling": Block("scaling", _SCALING),
    "Networks": Block("network", _NETWORK),
    "Services": Block("service", _SERVICE),
    "Update": Block("update", _UPDATE),
    "Migrate": Block("migrate", _UPDATE),
    "RestartPolicy": Block(
        "restart",
        {
            **_values(attempts="Attempts", mode="Mode"),
            **_durations(interval="Interval", delay="Delay"),
        },
    ),
    "ReschedulePolicy": Block(
        "reschedule",
        {
            **_values(attempts="Attempts", unlimited="Unlimited", delay_function="DelayFunction"),
            **_durations(interval="Interval", delay="Delay", max_delay="MaxDelay"),
        },
    ),
    "Disconnect": Block(
        "disconnect",
        {
            **_values(replace="Replace", reconcile="Reconcile"),
            **_durations(lost_after="LostAfter", stop_on_client_after="StopOnClientAfter"),
        },
    ),
    "EphemeralDisk": Block(
        "ephemeral_disk", _values(size="SizeMB", sticky="Sticky", migrate="Migrate")
    ),
    "Tasks": Block("task", _TASK, label="Name"),
}

JOB: Mapping[str, Key] = {
    **_values(
        name="Name",
        namespace="Namespace",
        region="Region",
        type="Type",
        priority="Priority",
        datacenters="Datacenters",
        node_pool="NodePool",
        meta="Meta",
    ),
    "Constraints": Block("constraint", _CONSTRAINT),
    "Affinities": Block("affinity", {**_CONSTRAINT, **_values(weight="Weight")}),
    "Spreads": Block("spread", _SPREAD),
    "UI": Block(
        "ui",
        {
            **_values(description="Description"),
            "Links": Block("link", _values(label="Label", url="Url")),
        },
    ),
    "TaskGroups": Block("group", _GROUP, label="Name"),
}
