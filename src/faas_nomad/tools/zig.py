"""Fetches zig for its C compiler: a static program that brings the headers of every libc along.

Names and sums are those of https://pypi.org/simple/ziglang/ and move together with `ZIG`.
Only Linux is here: on macOS, Go links with Apple's frameworks, and those come with Xcode alone.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from faas_nomad.tools.archives import unpack_folder, unpack_member
from faas_nomad.tools.catalog import Version
from faas_nomad.tools.fetching import Patience
from faas_nomad.tools.locking import exclusive
from faas_nomad.tools.places import tools_folder
from faas_nomad.tools.progress import Progress
from faas_nomad.tools.staging import staged
from faas_nomad.tools.wheels import Machine, Wheel, fetch_wheel, this_machine, wheel_for

ZIG = Version(0, 17, 0)
COMPILER = "zig-cc"

# The program has 186 MB, the wanted files are 6,200 with 57 MB: these bounds only stop nonsense.
PROGRAM_LIMIT_BYTES = 500_000_000
LIBRARY_LIMIT_BYTES = 500_000_000
LIBRARY_LIMIT_FILES = 20_000

WHEELS: Mapping[Machine, Wheel] = MappingProxyType(
    {
        ("Linux", "x86_64"): Wheel(
            "packages/fe/6f/e1c380fe61db36cb464d5d4d18c557338812500986885373e2550d4ebf6b/"
            "ziglang-0.17.0-py3-none-manylinux_2_12_x86_64.manylinux2010_x86_64"
            ".musllinux_1_1_x86_64.whl",
            "97079827064a7492cce5541ceb438ae8003ce1e54e399676da2d62fb7a5dc08b",
        ),
        ("Linux", "aarch64"): Wheel(
            "packages/02/21/abee2f0524f54fe3e8783748b9df79bb07d4b955e6b465677d1cfbda335c/"
            "ziglang-0.17.0-py3-none-manylinux_2_17_aarch64.manylinux2014_aarch64"
            ".musllinux_1_1_aarch64.whl",
            "d2804f94f54f7fcf8169f4b212a619ad688a4e2e6592e976f0cf2e58e2cd8af3",
        ),
    }
)

# The program may run elsewhere than it was built, so it is not made for this very processor.
WRAPPER = '#!/bin/sh\nexec "${0%/*}/zig" cc -mcpu=baseline "$@"\n'

_UNWANTED = re.compile(
    r"(docs|libcxx|libcxxabi|libtsan"
    r"|libc/(darwin|freebsd|mingw|netbsd|openbsd|wasi)"
    r"|libc/include/(?!generic-(glibc|musl)/|[^/]+-linux-)[^/]+)/"
)


def zig_compiler(
    environ: Mapping[str, str],
    progress: Progress,
    patience: Patience,
    wheels: Mapping[Machine, Wheel] = WHEELS,
) -> Path:
    """Return the C compiler, a script beside zig, fetched into the cache if it is not there yet.

    Raises:
        WayError: It cannot be fetched, is not what was published, or there is none for this
            machine.
        SettingError: The address of the files cannot be used.
    """
    wheel = wheel_for("zig", this_machine(), wheels, "put gcc or clang on PATH")
    cached = tools_folder(environ) / "zig" / str(ZIG)
    with exclusive(cached.parent / ".lock", progress):
        if not (cached / COMPILER).is_file():
            with staged(cached) as folder:
                archive = folder.with_name("zig.whl")
                fetch_wheel(wheel, archive, f"zig {ZIG}", environ, progress, patience)
                progress.say(f"unpacking zig {ZIG}")
                unpack_compiler(archive, folder)
    return cached / COMPILER


def unpack_compiler(archive: Path, to: Path) -> None:
    """Write zig, the part of its library that is wanted and the script to the folder `to`.

    Raises:
        WayError: The wheel is broken, or `to` cannot be written.
    """
    unpack_folder(
        archive,
        "ziglang/lib",
        to / "lib",
        wanted=is_wanted,
        limit_bytes=LIBRARY_LIMIT_BYTES,
        limit_files=LIBRARY_LIMIT_FILES,
    )
    unpack_member(archive, "ziglang/zig", to / "zig", PROGRAM_LIMIT_BYTES)
    (to / COMPILER).write_text(WRAPPER)
    for program in (to / "zig", to / COMPILER):
        program.chmod(0o755)


def is_wanted(name: str) -> bool:
    """Tell whether compiling C for Linux takes the file `name` of zig's library. Pure."""
    return not _UNWANTED.match(name)
