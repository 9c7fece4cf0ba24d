"""Keys of the blocks that say on which nodes something may run. Pure."""

from faas_nomad.translate.hcl.keys import Block, values

CONSTRAINT = values(attribute="LTarget", operator="Operand", value="RTarget")

AFFINITY = {**CONSTRAINT, **values(weight="Weight")}

SPREAD = {
    **values(attribute="Attribute", weight="Weight"),
    "SpreadTarget": Block("target", values(percent="Percent"), label="Value"),
}
