"""Docker's config.json → the login for one registry, and how a node is told of it."""

import base64
import json

import pytest

from faas_nomad.translate.registry_logins import (
    RegistryConfigError,
    RegistryLogin,
    login_for,
    registry_of,
)


def config(**auths: object) -> bytes:
    return json.dumps({"auths": auths}).encode()


def auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.mark.parametrize(
    ("image", "registry"),
    [
        ("figlet", "docker.io"),
        ("functions/figlet:1", "docker.io"),
        ("docker.io/functions/figlet", "docker.io"),
        ("index.docker.io/functions/figlet", "docker.io"),
        ("ghcr.io/openfaas/figlet:latest", "ghcr.io"),
        ("localhost/figlet", "localhost"),
        ("127.0.0.1:5000/a/b@sha256:0", "127.0.0.1:5000"),
        ("registry:5000/figlet", "registry:5000"),
    ],
)
def test_an_image_names_its_registry(image: str, registry: str) -> None:
    assert registry_of(image) == registry


@pytest.mark.parametrize(
    ("server", "registry"),
    [
        ("ghcr.io", "ghcr.io"),
        ("https://ghcr.io/v2/", "ghcr.io"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("registry:5000", "registry:5000"),
    ],
)
def test_a_server_is_found_however_it_is_written(server: str, registry: str) -> None:
    other = auth("not", "this")
    found = login_for(config(**{"other.io": other, server: auth("u", "p:w")}), registry)

    assert found == RegistryLogin("u", "p:w")


def test_user_and_password_may_stand_apart_and_auth_wins() -> None:
    apart = {"username": "u", "password": "p"}

    assert login_for(config(a=apart), "a") == RegistryLogin("u", "p")
    assert login_for(config(a={**apart, **auth("v", "q")}), "a") == RegistryLogin("v", "q")


def test_a_registry_that_is_not_named_has_no_login() -> None:
    assert login_for(config(a=auth("u", "p")), "b") is None


@pytest.mark.parametrize(
    "secret",
    [
        b"\xff",
        b"no json",
        b"[]",
        b"{}",
        b"[" * 40_000,
        b'{"auths": []}',
        config(a=7),
        config(a={}),
        config(a={"auth": "no base64"}),
        config(a={"auth": base64.b64encode(b"no-colon").decode()}),
        config(a={"identitytoken": "t"}),
        config(a={"username": 1, "password": "p"}),
    ],
)
def test_what_nodes_cannot_use_is_refused_without_a_value(secret: bytes) -> None:
    with pytest.raises(RegistryConfigError) as caught:
        login_for(secret, "a")

    assert "no-colon" not in str(caught.value)


def test_items_are_quoted_on_one_line_and_no_repr_shows_them() -> None:
    login = RegistryLogin("u", 'line\n"quoted" #no comment ü')

    assert login.items()["password"] == '"line\\n\\"quoted\\" #no comment \\u00fc"'
    assert "quoted" not in repr(login)
