"""`python -m faas_nomad.tools NAME…` prints the path of each program, obtained where need be."""

import argparse
import sys
from collections.abc import Sequence

from faas_nomad.tools.catalog import OLDER, TOOLS
from faas_nomad.tools.errors import ToolError
from faas_nomad.tools.obtaining import obtain_tool


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one path a line; 1 if a program cannot be had, 130 after Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m faas_nomad.tools", description=__doc__)
    parser.add_argument("names", nargs="+", metavar="NAME", help=", ".join([*TOOLS, *OLDER]))
    try:
        for name in parser.parse_args(arguments).names:
            print(obtain_tool(name), flush=True)
    except ToolError as err:
        print(err, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
