"""What replicas used when they were last looked at. Pure: times are passed in."""

from collections.abc import Iterable
from dataclasses import dataclass

from faas_nomad.model.nomad import AllocID
from faas_nomad.translate.usage import Usage


@dataclass(frozen=True, slots=True)
class Sample:
    """One replica's usage and when it was read."""

    usage: Usage
    read_s: float


class UsageTable:
    """The latest sample of each replica; those older than `max_age_s` count as unknown."""

    def __init__(self, max_age_s: float) -> None:
        self.max_age_s = max_age_s
        self.failures = 0
        """Reads that gave nothing."""
        self._samples: dict[AllocID, Sample] = {}

    def put(self, replica: AllocID, usage: Usage, read_s: float) -> None:
        """Keep what a replica uses."""
        self._samples[replica] = Sample(usage, read_s)

    def forget(self, replica: AllocID) -> None:
        """The replica is gone."""
        self._samples.pop(replica, None)

    def total(self, replicas: Iterable[AllocID], now_s: float) -> Usage | None:
        """Return the sum over those replicas that have a fresh sample; None when none has."""
        fresh_s = now_s - self.max_age_s
        samples = [self._samples[r] for r in replicas if r in self._samples]
        found = [sample.usage for sample in samples if sample.read_s >= fresh_s]
        if not found:
            return None
        return Usage(sum(u.cpu_millicores for u in found), sum(u.memory_bytes for u in found))

    def oldest_s(self, now_s: float) -> float:
        """Return the age of the oldest sample that is kept; 0 without any."""
        return now_s - min((s.read_s for s in self._samples.values()), default=now_s)

    def __len__(self) -> int:
        return len(self._samples)
