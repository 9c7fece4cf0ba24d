"""One region's picture, with nothing in it."""

import pytest

from faas_nomad.state.region.jobs import JobReader
from faas_nomad.state.region.picture import RegionPicture
from support.job_meta import read_service


@pytest.fixture
def picture() -> RegionPicture:
    return RegionPicture(JobReader(read_service))
