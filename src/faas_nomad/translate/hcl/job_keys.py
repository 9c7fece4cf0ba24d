"""Keys of a job. Pure."""

from collections.abc import Mapping

from faas_nomad.translate.hcl.group_keys import GROUP
from faas_nomad.translate.hcl.keys import Block, Key, values
from faas_nomad.translate.hcl.placement_keys import AFFINITY, CONSTRAINT, SPREAD

JOB: Mapping[str, Key] = {
    **values(
        name="Name",
        namespace="Namespace",
        region="Region",
        type="Type",
        priority="Priority",
        datacenters="Datacenters",
        node_pool="NodePool",
        meta="Meta",
    ),
    "Constraints": Block("constraint", CONSTRAINT),
    "Affinities": Block("affinity", AFFINITY),
    "Spreads": Block("spread", SPREAD),
    "UI": Block(
        "ui",
        {
            **values(description="Description"),
            "Links": Block("link", values(label="Label", url="Url")),
        },
    ),
    "TaskGroups": Block("group", GROUP, label="Name"),
}
