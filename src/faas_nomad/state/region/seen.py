"""What of a region's news its last snapshot holds already. Pure."""

from dataclasses import dataclass, field

from faas_nomad.model.nomad import Event
from faas_nomad.state.records import JobKey


@dataclass
class Seen:
    """The indexes of the snapshot's lists, which are read one after the other, the jobs first.

    Up to the first index all is known. From there to the index of a later list it is known only
    of the functions that the first list has: of one that came in between, or was removed and came
    again, what the later lists say was left out.
    """

    jobs_index: int = 0
    deployments_index: int = 0
    allocations_index: int = 0
    functions: set[JobKey] = field(default_factory=set)
    """Those of which all lists were taken, as long as they are not removed."""

    def has(self, event: Event, region: str) -> bool:
        """Return whether the snapshot holds what `event` tells."""
        topic, index = event["Topic"], event["Index"]
        if topic == "Job":
            return index <= self.jobs_index
        if topic not in ("Deployment", "Allocation"):
            return False
        up_to = self.allocations_index if topic == "Allocation" else self.deployments_index
        found = event["Payload"][topic]
        key = JobKey(found["Namespace"], found["JobID"], region)
        return index <= (up_to if key in self.functions else self.jobs_index)
