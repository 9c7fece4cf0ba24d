"""Keys of a group: its network, its scaling, and how its replicas are replaced. Pure."""

from faas_nomad.translate.hcl.keys import Block, Default, Opaque, durations, values
from faas_nomad.translate.hcl.placement_keys import CONSTRAINT
from faas_nomad.translate.hcl.service_keys import SERVICE
from faas_nomad.translate.hcl.task_keys import TASK

_UPDATE = {
    **values(
        max_parallel="MaxParallel",
        health_check="HealthCheck",
        canary="Canary",
        auto_promote="AutoPromote",
        auto_revert="AutoRevert",
    ),
    **durations(
        min_healthy_time="MinHealthyTime",
        healthy_deadline="HealthyDeadline",
        progress_deadline="ProgressDeadline",
        stagger="Stagger",
    ),
}

_NETWORK = {
    **values(mode="Mode", hostname="Hostname"),
    "DynamicPorts": Block("port", values(to="To", host_network="HostNetwork"), label="Label"),
    "ReservedPorts": Block(
        "port", values(static="Value", to="To", host_network="HostNetwork"), label="Label"
    ),
    "DNS": Block("dns", values(servers="Servers", searches="Searches", options="Options")),
}

_SCALING = {
    **values(enabled="Enabled", min="Min", max="Max"),
    "Type": Default("horizontal"),
    "Policy": Opaque("policy"),
}

GROUP = {
    **values(count="Count", meta="Meta"),
    **durations(shutdown_delay="ShutdownDelay"),
    "Constraints": Block("constraint", CONSTRAINT),
    "Consul": Block("consul", values(cluster="Cluster", namespace="Namespace")),
    "Scaling": Block("scaling", _SCALING),
    "Networks": Block("network", _NETWORK),
    "Services": Block("service", SERVICE),
    "Update": Block("update", _UPDATE),
    "Migrate": Block("migrate", _UPDATE),
    "RestartPolicy": Block(
        "restart",
        {
            **values(attempts="Attempts", mode="Mode"),
            **durations(interval="Interval", delay="Delay"),
        },
    ),
    "ReschedulePolicy": Block(
        "reschedule",
        {
            **values(attempts="Attempts", unlimited="Unlimited", delay_function="DelayFunction"),
            **durations(interval="Interval", delay="Delay", max_delay="MaxDelay"),
        },
    ),
    "Disconnect": Block(
        "disconnect",
        {
            **values(replace="Replace", reconcile="Reconcile"),
            **durations(lost_after="LostAfter", stop_on_client_after="StopOnClientAfter"),
        },
    ),
    "EphemeralDisk": Block(
        "ephemeral_disk", values(size="SizeMB", sticky="Sticky", migrate="Migrate")
    ),
    "Tasks": Block("task", TASK, label="Name"),
}
