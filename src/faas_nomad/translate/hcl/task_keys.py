"""Keys of a task and the blocks in it. Pure."""

from faas_nomad.translate.hcl.keys import Block, Opaque, Text, durations, values
from faas_nomad.translate.hcl.placement_keys import CONSTRAINT

_TEMPLATE = {
    **values(
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
    **durations(splay="Splay"),
    "EmbeddedTmpl": Text("data"),
}

_IDENTITY = {
    **values(
        name="Name",
        aud="Audience",
        change_mode="ChangeMode",
        change_signal="ChangeSignal",
        env="Env",
        file="File",
        filepath="Filepath",
    ),
    **durations(ttl="TTL"),
}

RESOURCES = {
    **values(
        cpu="CPU", cores="Cores", memory="MemoryMB", memory_max="MemoryMaxMB", secrets="SecretsMB"
    ),
    "Devices": Block(
        "device",
        {**values(count="Count"), "Constraints": Block("constraint", CONSTRAINT)},
        label="Name",
    ),
}

LOGS = values(max_files="MaxFiles", max_file_size="MaxFileSizeMB")

TASK = {
    **values(
        driver="Driver",
        user="User",
        env="Env",
        meta="Meta",
        leader="Leader",
        kill_signal="KillSignal",
    ),
    **durations(kill_timeout="KillTimeout", shutdown_delay="ShutdownDelay"),
    "Config": Opaque("config"),
    "Constraints": Block("constraint", CONSTRAINT),
    "Vault": Block(
        "vault",
        values(
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
    "Consul": Block("consul", values(cluster="Cluster", namespace="Namespace")),
    "Identity": Block("identity", _IDENTITY),
    "Identities": Block("identity", _IDENTITY),
    "Secrets": Block(
        "secret",
        {**values(provider="Provider", path="Path"), "Config": Opaque("config")},
        label="Name",
    ),
    "Artifacts": Block(
        "artifact",
        {
            **values(source="GetterSource", destination="RelativeDest", mode="GetterMode"),
            "GetterOptions": Opaque("options"),
            "GetterHeaders": Opaque("headers"),
        },
    ),
    "Templates": Block("template", _TEMPLATE),
    "Resources": Block("resources", RESOURCES),
    "LogConfig": Block("logs", LOGS),
}
