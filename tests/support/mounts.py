"""What is mounted below a folder, and getting rid of it before the folder is removed."""

import subprocess
from pathlib import Path


def unmount_below(folder: Path) -> None:
    """Unmount everything below `folder`, the innermost first.

    A Nomad agent that is stopped at once leaves the tasks' small tmpfs mounts, a killed Docker
    engine its layers; without root there are none.
    """
    mounts = (line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines())
    for mount in sorted((m for m in mounts if m.startswith(f"{folder}/")), reverse=True):
        subprocess.run(["umount", "--lazy", mount], check=True)
