"""The disk that a function asks for has room for its logs."""

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from support.deployments import annotated, group_of


def test_logs_and_disk_are_tuned_by_annotations() -> None:
    group = group_of(
        annotated(
            logs__max_files="2",
            logs__max_file_size="5",
            ephemeral_disk__size="300",
        )
    )

    assert group["Tasks"][0]["LogConfig"] == {"MaxFiles": 2, "MaxFileSizeMB": 5}
    assert group["EphemeralDisk"] == {"SizeMB": 300}


def test_the_disk_has_room_for_the_logs() -> None:
    assert group_of(annotated(logs__max_files="10"))["EphemeralDisk"] == {"SizeMB": 101}
    with pytest.raises(InvalidDeploymentError, match=r"ephemeral_disk.*at least 41"):
        group_of(annotated(ephemeral_disk__size="40"))
