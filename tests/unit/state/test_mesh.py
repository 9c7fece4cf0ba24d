"""Who we are in Consul's service mesh, and whose certificates are a function's."""

from typing import Any

import pytest

from faas_nomad.state.mesh import MeshIdentity, datacenter_of, spiffe_id

TD = "11111111-2222.consul"
US = MeshIdentity("cert", "s3cret", "roots", TD, ("dc1", "dc2"))


def certificate(*names: tuple[str, str]) -> dict[str, Any]:
    return {"subject": (), "subjectAltName": names}


@pytest.mark.parametrize("datacenter", ["dc1", "dc2"])
def test_a_functions_certificate_names_it_in_a_known_datacenter(datacenter: str) -> None:
    shown = certificate(("URI", f"spiffe://{TD}/ns/default/dc/{datacenter}/svc/openfaas-a"))

    assert US.is_of("openfaas-a", shown)


@pytest.mark.parametrize(
    "shown",
    [
        None,
        {},
        certificate(),
        certificate(("DNS", "openfaas-a")),
        certificate(("URI", f"spiffe://{TD}/ns/default/dc/dc1/svc/openfaas-b")),
        certificate(("URI", f"spiffe://{TD}/ns/default/dc/dc1/svc/openfaas-a-sidecar-proxy")),
        certificate(("URI", f"spiffe://{TD}/ns/default/dc/dc3/svc/openfaas-a")),
        certificate(("URI", f"spiffe://{TD}/ns/other/dc/dc1/svc/openfaas-a")),
        certificate(("URI", "spiffe://other.consul/ns/default/dc/dc1/svc/openfaas-a")),
        certificate(("URI", f"https://{TD}/ns/default/dc/dc1/svc/openfaas-a")),
        certificate(
            ("URI", spiffe_id(TD, "dc1", "openfaas-a")), ("URI", spiffe_id(TD, "dc1", "b"))
        ),
    ],
)
def test_any_other_certificate_is_not_the_functions(shown: dict[str, Any] | None) -> None:
    assert not US.is_of("openfaas-a", shown)


def test_a_sidecar_is_asked_for_in_our_own_datacenter() -> None:
    assert US.server_name("openfaas-a") == f"openfaas-a.default.dc1.internal.{TD}"


def test_the_key_is_in_no_text() -> None:
    assert "s3cret" not in f"{US} {US!r}"


def test_the_datacenter_is_in_a_services_identity() -> None:
    assert datacenter_of(spiffe_id(TD, "dc7", "faas-nomad")) == "dc7"
    for other in ("", "dc1", f"spiffe://{TD}", f"spiffe://{TD}/agent/client/dc/dc1/id/one"):
        assert datacenter_of(other) == ""
