"""Which annotations there are, and that no other passes."""

import pytest

from faas_nomad.translate.annotations import ANNOTATIONS, nomad_annotations, without_status
from faas_nomad.translate.errors import InvalidDeploymentError
from support.deployments import OURS, annotated, deployment, job_of


def test_a_key_with_a_typing_error_is_refused_with_the_likely_one() -> None:
    with pytest.raises(InvalidDeploymentError) as refused:
        nomad_annotations(annotated(drivr="docker"))

    assert str(refused.value) == (
        'annotations: "com.openfaas.nomad.drivr" is not a key that is known here'
        " (did you mean com.openfaas.nomad.driver?)"
    )


def test_an_unknown_label_of_ours_is_refused_too() -> None:
    with pytest.raises(InvalidDeploymentError, match=r"^labels: "):
        job_of(deployment(labels={f"{OURS}update.cannary": "1"}))


def test_keys_of_others_are_left_alone() -> None:
    others = {"com.openfaas.profile": "x", "topic": "a,b", "com.openfaas.nomadic": "y"}

    assert nomad_annotations(deployment(annotations=others)).entries == {}


def test_what_the_provider_reports_is_ignored_when_it_comes_back() -> None:
    fn = annotated(status__reason="no node", driver="docker")

    assert list(nomad_annotations(fn).entries) == ["driver"]
    assert list(without_status(fn.annotations)) == [f"{OURS}driver"]


def test_labels_count_like_annotations() -> None:
    fn = deployment(labels={f"{OURS}update.canary": "0"})

    assert nomad_annotations(fn).whole("update.canary", 1) == 0


def test_a_label_that_contradicts_an_annotation_is_refused() -> None:
    key = f"{OURS}update.canary"

    same = deployment(labels={key: "2"}, annotations={key: "2"})
    assert nomad_annotations(same).whole("update.canary", 1) == 2
    with pytest.raises(InvalidDeploymentError, match=r"labels\[.*annotations\["):
        nomad_annotations(deployment(labels={key: "1"}, annotations={key: "2"}))


@pytest.mark.parametrize("annotation", ANNOTATIONS, ids=lambda a: a.name)
def test_every_annotation_is_read_by_something(
    annotation: object, request: pytest.FixtureRequest
) -> None:
    """A documented annotation that nothing reads would be a wish that passes for granted."""
    name = request.node.callspec.id.replace("OPTION", "init")
    drivers = {
        "java": {"driver": "java", "artifact": "https://a/b.jar"},
        "podman": {"driver": "podman"},
    }
    needs = drivers.get(name.partition(".")[0], {})
    if name.startswith("artifact"):
        needs = {"driver": "raw_exec", "artifact": "https://a/b.tgz"}
    if name == "reschedule.interval":
        needs = {"reschedule.attempts": "1"}
    if name == "java.class_path":
        needs = {**needs, "java.class": "Main"}
    readable = {"java.class", "java.class_path"}
    texts = {**needs, name: "'unread \x7f"}
    fn = deployment(annotations={OURS + key: text for key, text in texts.items()})

    if name in readable:
        assert "unread" in str(job_of(fn)["TaskGroups"][0]["Tasks"][0]["Config"])
        return
    with pytest.raises(InvalidDeploymentError, match=name.replace(".", r"\.")):
        job_of(fn)


def test_the_list_of_annotations_names_each_once() -> None:
    names = [annotation.name for annotation in ANNOTATIONS]

    assert len(names) == len(set(names))
    assert all(annotation.type and annotation.meaning for annotation in ANNOTATIONS)
