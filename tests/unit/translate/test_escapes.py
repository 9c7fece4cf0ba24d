"""No text of a user's is interpolated by any of Nomad's engines."""

import json
import re

from hypothesis import example, given
from hypothesis import strategies as st

from faas_nomad.translate.escapes import DOLLAR_META, config_text, env_text, json_text
from support.deployments import deployment, job_of

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
