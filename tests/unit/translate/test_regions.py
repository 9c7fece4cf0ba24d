"""In which region a function runs, and what is refused."""

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.regions import ONE_REGION, OWN, Regions, check_same_region, region_of
from support.deployments import deployment, job_of, policy

KEY = "com.openfaas.nomad.region"
TWO = Regions("east", ("west", "north"))


def asking(region: str) -> dict[str, dict[str, str]]:
    return {"annotations": {KEY: region}}


@pytest.mark.parametrize(
    ("annotations", "region"),
    [({}, OWN), ({KEY: ""}, OWN), ({KEY: "east"}, OWN), ({KEY: "west"}, "west")],
)
def test_the_annotation_names_the_region(annotations: dict[str, str], region: str) -> None:
    assert region_of(deployment(annotations=annotations), TWO) == region


def test_a_label_names_it_too() -> None:
    assert region_of(deployment(labels={KEY: "west"}), TWO) == "west"


def test_a_region_that_is_not_followed_is_refused_with_those_that_are() -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        region_of(deployment(**asking("south")), TWO)

    assert str(refused.value) == (
        f'annotations["{KEY}"]: "south" is not one of east, west, north '
        "(nomad_region, nomad_regions)"
    )


def test_where_no_region_has_a_name_none_can_be_asked_for() -> None:
    with pytest.raises(
        InvalidDeploymentError,
        match='"west" is not a region here: nomad_region and nomad_regions name none',
    ):
        region_of(deployment(**asking("west")), ONE_REGION)


@pytest.mark.parametrize(("region", "name"), [("west", "west"), ("east", "east"), ("", "east")])
def test_the_job_bears_nomad_s_name_of_its_region(region: str, name: str) -> None:
    job = job_of(deployment(**asking(region)), policy(regions=TWO))

    assert job["Region"] == name


def test_a_job_of_a_nameless_region_bears_none() -> None:
    assert "Region" not in job_of()


def test_an_update_may_not_move_a_function() -> None:
    check_same_region(deployment(**asking("west")), TWO, "west")
    check_same_region(deployment(), TWO, OWN)
    expected = "west, where the function runs; remove it first to move it"
    for fn, said in ((deployment(**asking("east")), '"east"'), (deployment(), '""')):
        with pytest.raises(InvalidDeploymentError) as refused:
            check_same_region(fn, TWO, "west")
        assert str(refused.value) == f'annotations["{KEY}"]: {said} is not {expected}'
