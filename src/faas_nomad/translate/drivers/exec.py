"""The exec driver: the watchdog runs the function in a chroot of the node. Pure."""

from faas_nomad.translate.drivers.base import Driver
from faas_nomad.translate.drivers.process import watched_parts
from faas_nomad.translate.secret_files import IN_CHROOT

DRIVER = Driver(
    name="exec",
    parts=watched_parts,
    annotations=("artifact",),
    runs_images=False,
    has_bridge=True,
    has_resolver=True,
    has_cpu_quota=False,
    has_read_only_root=False,
    secrets=IN_CHROOT,
)
