"""What Nomad's UI shows of a function's job."""

import re

from hypothesis import given
from hypothesis import strategies as st

from faas_nomad.translate.ui import as_text, ui_block
from support.deployments import deployment, job_of, policy

MARKED_UP = re.compile(r"[`*_{}\[\]<>()#+!|~&:$]")


def test_a_job_says_which_function_it_runs() -> None:
    shown = job_of()["UI"]["Description"]

    assert shown.replace("\\", "") == (
        "OpenFaaS function figlet in openfaas-fn, image ghcr.io/x/figlet:1"
    )


def test_without_addresses_there_are_no_links() -> None:
    assert job_of()["UI"]["Links"] == []


def test_links_lead_to_the_function_its_logs_and_its_dashboard() -> None:
    given_policy = policy(
        public_url="https://fn.example/",
        dashboard_url="https://grafana.example/d/fn?var-function={name}.{namespace}",
    )

    links = ui_block(deployment(namespace="team"), given_policy)["Links"]

    assert links == [
        {"Label": "Invoke", "Url": "https://fn.example/function/figlet.team"},
        {"Label": "Logs", "Url": "https://fn.example/system/logs?name=figlet&namespace=team"},
        {"Label": "Dashboard", "Url": "https://grafana.example/d/fn?var-function=figlet.team"},
    ]


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1))
def test_an_image_is_shown_and_never_read_as_markdown(image: str) -> None:
    block = ui_block(deployment(image=image), policy())

    assert len(block["Description"].encode()) < 1000
    without_escaped = re.sub(r"\\.", "", as_text(image))
    assert not MARKED_UP.search(without_escaped)
    assert "\\" not in without_escaped
