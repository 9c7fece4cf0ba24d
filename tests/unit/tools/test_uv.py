"""The pinned wheels of uv."""

import re

from faas_nomad.tools.uv import UV, WHEELS


def test_every_wheel_is_of_the_pinned_version_and_has_a_whole_sum() -> None:
    for wheel in WHEELS.values():
        assert f"/uv-{UV.version}-" in wheel.path
        assert re.fullmatch(r"[0-9a-f]{64}", wheel.sha256)


def test_usual_machines_have_a_wheel() -> None:
    assert {("Linux", "x86_64"), ("Linux", "aarch64"), ("Darwin", "arm64")} < set(WHEELS)
