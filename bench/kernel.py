"""What the kernel's counters say of processes and the machine."""

import os
import threading
from pathlib import Path
from types import TracebackType

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
_LOOK_EVERY_S = 0.2


def cpu_s(pid: int) -> float:
    """Return the processor time of the process and all below it, user and system."""
    ticks = 0
    for member in _tree(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / _TICKS_A_SECOND


def own_cpu_s() -> float:
    """Return the processor time of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def machine_busy_s() -> float:
    """Return the processor time that all cores together have spent on anything."""
    user, nice, system, _, _, irq, softirq, steal = (
        int(ticks) for ticks in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / _TICKS_A_SECOND


def rss_mb(pid: int) -> float:
    """Return the resident memory of the process and all below it."""
    pages = sum(int(Path(f"/proc/{m}/statm").read_text().split()[1]) for m in _tree(pid))
    return pages * _PAGE_BYTES / 1e6


class PeakMemory:
    """Looks several times a second how much memory a process has while the block runs."""

    def __init__(self, pid: int) -> None:
        self.mb = rss_mb(pid)
        self._pid = pid
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch)

    def __enter__(self) -> "PeakMemory":
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        err: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._watcher.join()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_EVERY_S):
            self.mb = max(self.mb, rss_mb(self._pid))


def _tree(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in children for found in _tree(int(child)))]
