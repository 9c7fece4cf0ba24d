"""The raw_exec driver: the watchdog runs the function on the node, without isolation. Pure."""

from faas_nomad.translate.drivers.base import Driver
from faas_nomad.translate.drivers.process import watched_parts
from faas_nomad.translate.secret_files import ON_HOST

DRIVER = Driver(
    name="raw_exec",
    parts=watched_parts,
    annotations=("artifact",),
    runs_images=False,
    has_bridge=False,
    has_resolver=False,
    has_cpu_quota=False,
    has_read_only_root=False,
    secrets=ON_HOST,
)
