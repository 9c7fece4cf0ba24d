from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from faas_nomad.settings.files import FileEntry, FileSyntaxError, entries

NAMES = ["x.yaml", "x.yml", "x.toml", "x.hcl"]


def read(name: str, text: str) -> list[FileEntry]:
    return entries(PurePath(name), text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.yaml", "port: 8082\nbasic_auth: true\nnomad_addr: 'http://h'\njob_datacenters: [a, b]"),
        ("X.YML", "port: 8082\nbasic_auth: true\nnomad_addr: http://h\njob_datacenters:\n- a\n- b"),
        ("x.toml", 'port=8082\nbasic_auth=true\nnomad_addr="http://h"\njob_datacenters=["a","b"]'),
        ("x.hcl", 'port=8082\nbasic_auth=true\nnomad_addr="http://h"\njob_datacenters=["a","b"]'),
    ],
)
def test_the_formats_say_the_same(name: str, text: str) -> None:
    found = {entry.name: (entry.value, entry.is_list, entry.wrong) for entry in read(name, text)}

    assert found == {
        "port": ("8082", False, ""),
        "basic_auth": ("true", False, ""),
        "nomad_addr": ("http://h", False, ""),
        "job_datacenters": ("a,b", True, ""),
    }


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_file_says_nothing(name: str) -> None:
    assert read(name, "") == []
    assert read(name, "# only a comment\n") == []


def test_yaml_scalars_are_taken_as_spelt() -> None:
    found = read("x.yaml", "a: 0123\nb: 1:30\nc: yes\nd: 1e3")

    assert [(entry.value, entry.quoted) for entry in found] == [
        ("0123", True),
        ("1:30", True),
        ("yes", True),
        ("1e3", True),
    ]


@pytest.mark.parametrize("text", ["a = 0o17", "a = 12", "a = true", "a = 1.5"])
def test_a_bare_toml_value_is_marked_as_such(text: str) -> None:
    assert [entry.quoted for entry in read("x.toml", text)] == [False]


def test_a_name_that_comes_twice_is_given_twice() -> None:
    assert [entry.value for entry in read("x.yaml", "a: 1\na: 2")] == ["1", "2"]
    assert [entry.value for entry in read("x.hcl", "a = 1\na = 2")] == ["1", "2"]
    with pytest.raises(FileSyntaxError):
        read("x.toml", "a = 1\na = 2")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.yaml", "a:\n  b: 1"),
        ("x.yaml", "a:"),
        ("x.yaml", "a: ~"),
        ("x.toml", "[a]\nb = 1"),
        ("x.toml", "a = 2020-01-01"),
        ("x.hcl", "a {\n  b = 1\n}"),
        ("x.hcl", "a = null"),
        ("x.hcl", 'a = "${env.HOME}"'),
        ("x.hcl", "a = var.x"),
        ("x.hcl", 'a = upper("x")'),
        ("x.hcl", 'a = "%{ if true }x%{ endif }"'),
    ],
)
def test_sections_expressions_and_nulls_are_no_values(name: str, text: str) -> None:
    (entry,) = read(name, text)

    assert entry.name == "a"
    assert "plain value" in entry.wrong


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.yaml", "a: [[b]]"),
        ("x.yaml", "a: ['b,c']"),
        ("x.yaml", "a: [b, ~]"),
        ("x.toml", "a = [1]"),
        ("x.hcl", 'a = ["${b}"]'),
    ],
)
def test_a_list_of_anything_but_strings_is_told(name: str, text: str) -> None:
    (entry,) = read(name, text)

    assert entry.wrong == "a list of strings without commas"


def test_an_escaped_hcl_template_is_its_text() -> None:
    (entry,) = read("x.hcl", 'a = "x$${y}%%{z}"')

    assert entry.value == "x${y}%{z}"


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("x.ini", "", "must end in .yaml, .yml, .toml, .hcl"),
        ("x", "", "must end in"),
        ("x.yaml", "a: b: s3cret", "line 1"),
        ("x.yaml", "\x00", "character"),
        ("x.yaml", "- a", "port: 8081"),
        ("x.yaml", "s3cret", "port: 8081"),
        ("x.yaml", "? [a]\n: 1", "line 1"),
        ("x.yaml", "a: !!python/object/apply:os.system [s3cret]\nb: *nope", "line 2"),
        ("x.toml", "ok = 1\na = s3cret", "line 2"),
        ("x.hcl", "ok = 1\na = = s3cret", "line 2"),
        ("x.yaml", "[" * 5000, ""),
        ("x.toml", "a=" + "[" * 5000, "deeply"),
        ("x.yaml", "a: " + "x" * (1 << 20), "at most 1048576"),
    ],
)
def test_what_cannot_be_read_is_told_without_the_text(name: str, text: str, reason: str) -> None:
    with pytest.raises(FileSyntaxError) as caught:
        read(name, text)

    assert reason in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_yaml_tag_makes_no_object() -> None:
    (entry,) = read("x.yaml", "a: !!python/name:os.system x")

    assert entry.value == "x"


@pytest.mark.parametrize("name", NAMES)
@given(text=st.text(alphabet='ab=:"[]{}$%#\n ,-1.<\\\x00é', max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_text_is_entries_or_a_refusal(name: str, text: str) -> None:
    try:
        found = read(name, text)
    except FileSyntaxError:
        return
    assert all(isinstance(entry.value, str) for entry in found)
