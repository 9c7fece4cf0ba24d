"""A secret's name can become a file, a path and a word in a template, and nothing else."""

import pytest

from faas_nomad.translate.secret_names import (
    InvalidSecretError,
    check_secret_name,
    is_secret_name,
)

HOSTILE = [
    "",
    ".",
    "..",
    "../x",
    "a/b",
    "/a",
    "a..b",
    ".a",
    "a.",
    "-a",
    "a-",
    "a.-b",
    "Upper",
    "a_b",
    "a~b",
    "{{",
    'a" }}{{ env "HOME',
    "a b",
    "a\n",
    "\na",
    "a\0",
    "käse",
    "a" * 64,
    "a" * 100_000,
]


@pytest.mark.parametrize("name", ["a", "0", "db-password", "tls.crt", "a.b.c-d", "a" * 63])
def test_lower_case_dns_subdomains_are_names(name: str) -> None:
    assert is_secret_name(name)
    check_secret_name(name)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_no_name_is_refused_and_not_repeated(name: str) -> None:
    with pytest.raises(InvalidSecretError) as caught:
        check_secret_name(name)

    assert str(caught.value).startswith("name: ")
    assert str(caught.value).isprintable()
    assert len(name) < 6 or name not in str(caught.value)
