"""Which files of zig's library are kept."""

import pytest

from faas_nomad.tools.zig import is_wanted


@pytest.mark.parametrize(
    "name",
    [
        "compiler/main.zig",
        "compiler_rt/a.zig",
        "include/stddef.h",
        "libunwind/src/a.c",
        "std/std.zig",
        "libc/glibc/abilists",
        "libc/musl/src/a.c",
        "libc/include/any-linux-any/linux/netlink.h",
        "libc/include/x86_64-linux-musl/bits/a.h",
        "libc/include/aarch64-linux-gnu/bits/a.h",
        "libc/include/generic-glibc/stdio.h",
        "libc/include/generic-musl/stdio.h",
    ],
)
def test_what_compiling_c_for_linux_takes_is_kept(name: str) -> None:
    assert is_wanted(name)


@pytest.mark.parametrize(
    "name",
    [
        "docs/index.html",
        "libcxx/include/vector",
        "libtsan/a.cpp",
        "libc/mingw/crt/a.c",
        "libc/include/any-windows-any/windows.h",
        "libc/include/any-darwin-any/stdio.h",
        "libc/include/generic-freebsd/stdio.h",
        "libc/include/wasm-wasi-musl/a.h",
        "libc/include/generic-glibcs/a.h",
    ],
)
def test_what_is_for_others_is_left_out(name: str) -> None:
    assert not is_wanted(name)
