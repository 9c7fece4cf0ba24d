"""Sticky routing by annotation."""

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.routing import StickyBy, sticky_of
from support.deployments import annotated, deployment, job_of


def test_without_the_annotation_nothing_binds() -> None:
    assert sticky_of(deployment()) is None


def test_a_header_or_a_cookie_binds() -> None:
    assert sticky_of(annotated(sticky="header:X-User")) == StickyBy("header", "X-User")
    assert sticky_of(annotated(sticky="cookie:sid")) == StickyBy("cookie", "sid")


@pytest.mark.parametrize("value", ["X-User", "header:", "body:x", "cookie:a b", "header:a\r\nb"])
def test_anything_else_is_refused_at_deploy(value: str) -> None:
    with pytest.raises(InvalidDeploymentError, match="sticky"):
        job_of(annotated(sticky=value))
