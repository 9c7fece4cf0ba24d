"""No text of a user's is interpolated by any of Nomad's engines."""

import json
import re
from collections.abc import Iterator
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from faas_nomad.model.openfaas import FunctionDeployment
from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.escapes import DOLLAR_META, config_text, env_text, json_text
from faas_nomad.translate.meta import deployment_from_job_meta
from faas_nomad.translate.policy import DRIVER_NAMES
from support.deployments import OURS, deployment, job_of, policy

ENV_REFERENCE = re.compile(r"\$\{[a-zA-Z0-9_\-.]+\}")
HCL_RUN = re.compile(r"(\$+|%+)\{")

spiteful = st.lists(
    st.sampled_from(
        [
            *("$", "{", "}", "%", "${", "%{", "{{", "}}", "\\", '"', " ", "\n", "é", "x"),
            *("attr.x", "NOMAD_META_of_dollar", "NOMAD_ALLOC_ID", "secret.a.b", "if true"),
        ]
    )
).map("".join)


REFERENCE = re.compile(r"\$\{([^}]*)\}")
OURS_IN_ENV = {
    "NOMAD_META_of_dollar", "NOMAD_PORT_http", "NOMAD_ALLOC_DIR", "NOMAD_SECRETS_DIR"
}  # fmt: skip
TEXTS = {
    "docker": ("docker.args", "docker.command", "docker.hostname", "docker.extra_hosts"),
    "podman": ("podman.args", "podman.shm_size", "podman.extra_hosts", "podman.working_dir"),
    "java": ("java.class", "java.args", "java.jvm_options"),
}
OF_ALL = ("affinity", "spread", "scale.query", "network_mode", "artifact", "artifact.destination")


class TemplateError(Exception):
    """HCL would evaluate something."""


def nomad_env(text: str) -> str:
    """Replace as nomad `helper/args` does: one pass, every known name to a value."""

    def value(found: re.Match[str]) -> str:
        name = found[0][2:-1]
        return "$" if name == f"NOMAD_META_{DOLLAR_META}" else "<interpolated>"

    return ENV_REFERENCE.sub(value, text)


def hcl_template(text: str) -> str:
    """Evaluate as HCL does a template with no sequences: one sign of a doubled one goes."""

    def literal(found: re.Match[str]) -> str:
        if len(found[1]) == 1:
            raise TemplateError(text)
        return found[1][1:] + "{"

    return HCL_RUN.sub(literal, text)


@given(spiteful)
@example("$${NOMAD_META_of_dollar}")
@example("${${NOMAD_META_of_dollar}{x}")
def test_environment_text_arrives_as_it_was_written(text: str) -> None:
    assert nomad_env(env_text(text)) == text


@given(spiteful)
@example("$$${x}%%%{y}")
@example("$%{x}%${y}")
def test_driver_text_arrives_as_it_was_written(text: str) -> None:
    assert hcl_template(config_text(text)) == text


@given(spiteful)
def test_json_text_means_the_same_and_holds_no_reference(text: str) -> None:
    document = json_text(json.dumps({text: text}, ensure_ascii=False))

    assert json.loads(document) == {text: text}
    assert "${" not in document


def test_plain_text_is_left_alone() -> None:
    assert env_text("a$b{c}%d") == "a$b{c}%d"
    assert config_text("a$b{c}%d") == "a$b{c}%d"


@given(spiteful, spiteful)
def test_in_a_whole_job_only_our_own_references_are_left(process: str, value: str) -> None:
    text = {"a": value}
    job = job_of(deployment(envProcess=process, envVars=text, labels=text, annotations=text))
    env = job["TaskGroups"][0]["Tasks"][0]["Env"]

    assert nomad_env(env["a"]) == value
    assert nomad_env(env.get("fprocess", "")) == process
    assert not any("${" in said for said in job["Meta"].values())
    assert "EmbeddedTmpl" not in json.dumps(job)


def strings_in(value: Any) -> Iterator[str]:
    """Yield every text of a job's part, the keys of its maps among them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for one in pair for text in strings_in(one))
    elif isinstance(value, list):
        yield from (text for one in value for text in strings_in(one))


@st.composite
def deployments(draw: st.DrawFn) -> tuple[str, FunctionDeployment]:
    """A driver and a deployment for it whose every text tries to be more than a text."""
    driver = draw(st.sampled_from(DRIVER_NAMES))
    names = (*TEXTS.get(driver, ()), *draw(st.lists(st.sampled_from(OF_ALL), max_size=1)))
    annotations = {OURS + name: draw(spiteful) for name in names}
    if driver == "java":
        annotations.setdefault(f"{OURS}java.class", "Main")
    image = "".join(char for char in draw(spiteful) if char.isprintable() and char != " ")
    other = {"a" + key: draw(spiteful) for key in draw(st.sets(st.sampled_from("${}")))}
    return driver, deployment(
        image="https://example.com/fn" if driver == "java" else "x" + image,
        envProcess="x" + draw(spiteful),
        annotations={**other, **annotations},
        labels={**other, "com.openfaas.x": draw(spiteful)},
        envVars=other,
        constraints=draw(st.lists(spiteful.map("meta.a == {}".format), max_size=1)),
    )


@settings(max_examples=300)
@given(deployments())
def test_whatever_is_deployed_is_refused_or_inert_and_comes_back(
    made: tuple[str, FunctionDeployment],
) -> None:
    driver, fn = made
    try:
        job = job_of(fn, policy(driver, service_provider="consul"))
    except InvalidDeploymentError:
        return

    (group,) = job["TaskGroups"]
    (task,) = group["Tasks"]
    assert deployment_from_job_meta(job["Meta"]) == fn
    assert not any("${" in text for text in strings_in(job["Meta"]))
    for text in strings_in([list(task["Env"].values()), group["Services"]]):
        assert set(REFERENCE.findall(text)) <= OURS_IN_ENV
    for text in strings_in(task["Config"]):
        hcl_template(text.replace("${NOMAD_TASK_DIR}", ""))
    for rule in (*job["Constraints"], *job["Affinities"]):
        assert not rule["RTarget"].startswith("${")
    for text in strings_in([task["Artifacts"], group["Networks"]]):
        assert "${" not in text
    assert len(task["Templates"]) == (driver in ("exec", "raw_exec"))  # the watchdog's
