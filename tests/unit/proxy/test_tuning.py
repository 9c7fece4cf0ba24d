"""What a process that carries invocations is told of memory, in one of its own."""

import subprocess
import sys

SCRIPT = """
import gc
from faas_nomad.proxy.tuning import tune_memory
tune_memory()
print(gc.get_threshold()[0] > 10_000, gc.get_freeze_count() > 1_000)
"""


def test_the_collector_looks_rarely_and_not_at_what_was_there() -> None:
    ended = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True)

    assert ended.stdout == "True True\n", ended.stderr
