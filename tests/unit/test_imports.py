"""What a service loads that uses neither Vault nor an HCL file: memory that it does not pay for."""

import subprocess
import sys

LARGE = ("hvac", "requests", "hcl2", "lark", "opentelemetry.sdk")


def test_the_command_line_loads_no_library_that_few_services_need() -> None:
    program = f"import sys, faas_nomad.cli; print([m for m in {LARGE!r} if m in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
