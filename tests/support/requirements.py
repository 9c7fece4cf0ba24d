"""What a test does when something real is not there: skip at a desk, fail where it is required."""

import os
from typing import NoReturn

import pytest


def is_real_required() -> bool:
    """Say whether REQUIRE_REAL is set, as it is where nothing may be skipped."""
    return bool(os.environ.get("REQUIRE_REAL"))


def lacking(reason: str) -> NoReturn:
    """Skip the test for `reason`, or fail it where REQUIRE_REAL is set."""
    if is_real_required():
        pytest.fail(f"REQUIRE_REAL is set: {reason}")
    pytest.skip(reason)
