"""Sticky routing and TLS to the function by annotation."""

import pytest

from faas_nomad.translate.errors import InvalidDeploymentError
from faas_nomad.translate.routing import StickyBy, UpstreamTls, sticky_of, upstream_tls_of
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


def test_without_the_annotation_http_is_plain() -> None:
    assert upstream_tls_of(deployment()) is None


def test_tls_is_verified_or_not_and_may_name_the_server() -> None:
    assert upstream_tls_of(annotated(upstream_tls="verify")) == UpstreamTls(True, "")
    assert upstream_tls_of(annotated(upstream_tls="skip_verify")) == UpstreamTls(False, "")
    named = annotated(upstream_tls="verify", upstream_tls__server_name="orders.internal")
    assert upstream_tls_of(named) == UpstreamTls(True, "orders.internal")


@pytest.mark.parametrize(
    ("annotations", "field"),
    [
        ({"upstream_tls": "true"}, "upstream_tls"),
        ({"upstream_tls": ""}, "upstream_tls"),
        ({"upstream_tls__server_name": "a.test"}, "server_name"),
        ({"upstream_tls": "skip_verify", "upstream_tls__server_name": "a.test"}, "server_name"),
        ({"upstream_tls": "verify", "upstream_tls__server_name": ""}, "server_name"),
        ({"upstream_tls": "verify", "upstream_tls__server_name": "a b"}, "server_name"),
        ({"upstream_tls": "verify", "upstream_tls__server_name": "a..b"}, "server_name"),
        ({"upstream_tls": "verify", "upstream_tls__server_name": "a" * 64}, "server_name"),
    ],
)
def test_tls_that_is_not_understood_is_refused_at_deploy(
    annotations: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidDeploymentError, match=field):
        job_of(annotated(**annotations))
