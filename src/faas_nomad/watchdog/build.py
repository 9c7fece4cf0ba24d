"""The watchdog as one file: a zipapp of this package's modules that any Python 3.9+ runs.

Not part of what it builds. The same sources give the same bytes: fixed order, dates and modes.
"""

import io
import zipfile
from functools import cache
from importlib import resources

MODULES = (
    "bodies", "config", "connection", "errors", "exchange", "fork", "http1", "logs", "loop",
    "main", "process", "server",
)  # fmt: skip
LAUNCHER = "import os\nfrom watchdog.main import main\nos._exit(main())\n"
EPOCH = (1980, 1, 1, 0, 0, 0)


@cache
def zipapp_bytes() -> bytes:
    """Return the zipapp; run it as `python3 watchdog.pyz`."""
    package = resources.files(__package__)
    files = {"__main__.py": LAUNCHER, "watchdog/__init__.py": ""}
    for name in MODULES:
        files[f"watchdog/{name}.py"] = package.joinpath(f"{name}.py").read_text("utf-8")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path, text in files.items():
            entry = zipfile.ZipInfo(path, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text)
    return buffer.getvalue()
