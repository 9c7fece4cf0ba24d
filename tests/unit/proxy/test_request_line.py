import pytest

from faas_nomad.proxy.request_line import split_invocation


@pytest.mark.parametrize(
    ("target", "segment", "path"),
    [
        (b"/function/f", b"f", b"/"),
        (b"/function/f/", b"f", b"/"),
        (b"/function/f.ns/a//b?c/d", b"f.ns", b"/a//b?c/d"),
        (b"/function/f?a/b", b"f", b"/?a/b"),
        (b"/function/f?", b"f", b"/?"),
        (b"/function/", b"", b"/"),
        (b"/function//x", b"", b"/x"),
        (b"/function/?x", b"", b"/?x"),
    ],
)
def test_the_name_ends_at_the_first_slash_or_question_mark(
    target: bytes, segment: bytes, path: bytes
) -> None:
    assert split_invocation(target) == (segment, path)
