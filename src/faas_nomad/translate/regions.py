"""In which of Nomad's federated regions a function runs. Pure.

A region is written as its name, and as "" for the installation's own, which need have no name
here. A function is in one region at a time: its name stands for one job.
"""

from dataclasses import dataclass

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.annotations import PREFIX, merged_annotations
from faas_nomad.translate.errors import InvalidDeploymentError, entry

OWN = ""
ANNOTATION = "region"


@dataclass(frozen=True)
class Regions:
    """The regions that functions may run in."""

    own_name: str = ""
    """What Nomad calls the own one; empty: the one of the agent that is asked."""
    others: tuple[str, ...] = ()
    """In the order in which a name is looked for, after the own one."""

    @property
    def all(self) -> tuple[str, ...]:
        """Return all of them, the own one first."""
        return (OWN, *self.others)

    def name(self, region: str) -> str:
        """Return what Nomad calls `region`; empty for the agent's own."""
        return region or self.own_name

    @property
    def expected(self) -> str:
        """Return what a message says of a region that is none of them."""
        names = [name for name in (self.own_name, *self.others) if name]
        if not names:
            return "a region here: nomad_region and nomad_regions name none"
        return f"one of {', '.join(names)} (nomad_region, nomad_regions)"


ONE_REGION = Regions()


def region_of(fn: FunctionDeployment, regions: Regions) -> str:
    """Return the region that the deployment asks for, the own one if it asks for none.

    Raises:
        InvalidDeploymentError: It is none of `regions`.
    """
    written = merged_annotations(fn)
    wanted = written.text(ANNOTATION)
    if wanted in ("", regions.own_name):
        return OWN
    if wanted not in regions.others:
        raise written.refuse(ANNOTATION, regions.expected)
    return wanted


def check_same_region(fn: FunctionDeployment, regions: Regions, present: str) -> None:
    """Refuse an update that would move the function from the region `present`.

    Raises:
        InvalidDeploymentError: It asks for another region.
    """
    wanted = region_of(fn, regions)
    if wanted == present:
        return
    here = regions.name(present) or "the own region"
    expected = f"{here}, where the function runs; remove it first to move it"
    written = merged_annotations(fn)
    if written.has(ANNOTATION):
        raise written.refuse(ANNOTATION, expected)
    raise InvalidDeploymentError(entry("annotations", PREFIX + ANNOTATION), "", expected)
