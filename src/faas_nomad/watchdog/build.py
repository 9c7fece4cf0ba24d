"""The watchdog as one file: a zipapp that any Python 3.9+ runs. Not part of what it builds.

It travels in every job that needs it, so it is kept small: the modules become one, without
docstrings, comments and annotations. The same sources give the same bytes.
"""

import ast
import io
import tokenize
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib import resources

MODULES = (  # each behind those that it imports
    "errors", "bodies", "head", "request", "response", "config", "loop", "logs", "process",
    "exchange", "sockets", "replies", "client", "call", "connection", "server", "environment",
    "output", "pipes", "fork", "function_answer", "kept", "upstream", "service", "main",
)  # fmt: skip
LAUNCH = "os._exit(main())\n"
EPOCH = (1980, 1, 1, 0, 0, 0)

DOCUMENTED = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef

Cut = tuple[int, int, bytes]  # from, to, what to put there


@cache
def zipapp_bytes() -> bytes:
    """Return the zipapp; run it as `python3 watchdog.pyz`."""
    entry = zipfile.ZipInfo("__main__.py", EPOCH)
    entry.external_attr = 0o644 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(entry, script(), zipfile.ZIP_DEFLATED, compresslevel=9)
    return buffer.getvalue()


def script() -> str:
    """Return all modules as one."""
    package = resources.files(__package__)
    texts = [package.joinpath(f"{name}.py").read_text("utf-8") for name in MODULES]
    refuse_clashes(texts)
    return "".join(map(bare, texts)) + LAUNCH


def refuse_clashes(texts: list[str]) -> None:
    """See that what becomes one module may.

    Raises:
        ValueError: Two modules define one name.
    """
    seen: set[str] = set()
    for text in texts:
        names = set(_defined(ast.parse(text)))
        if names & seen:
            raise ValueError(f"defined in two modules: {', '.join(sorted(names & seen))}")
        seen |= names


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def bare(text: str) -> str:
    """Return the module `text` with no more than a computer needs; it uses no multi-line string."""
    source = text.encode()
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    cuts = [*_comments(text, starts), *_declarations(ast.parse(text), source, starts)]
    for start, end, instead in sorted(cuts, reverse=True):
        source = source[:start] + instead + source[end:]
    lines = (line.rstrip() for line in source.decode().splitlines())
    return "".join(_outdented(line) + "\n" for line in lines if line)


def _outdented(line: str) -> str:
    code = line.lstrip(" ")
    return " " * ((len(line) - len(code)) // 4) + code


def _comments(text: str, starts: list[int]) -> Iterator[Cut]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            start = starts[row - 1] + len(token.line[:column].encode())
            yield start, start + len(token.string.encode()), b""


def _declarations(tree: ast.Module, source: bytes, starts: list[int]) -> Iterator[Cut]:
    """Find what only a reader needs: docstrings, annotations, imports of sibling modules."""
    for node in ast.walk(tree):
        if isinstance(node, DOCUMENTED) and ast.get_docstring(node) is not None:
            start, end = _span(node.body[0], starts)
            yield start, end, b"0" if len(node.body) == 1 else b""
        if isinstance(node, ast.ImportFrom) and (node.level or node.module == "__future__"):
            yield *_span(node, starts), b""
        else:
            yield from _annotations(node, source, starts)


def _annotations(node: ast.AST, source: bytes, starts: list[int]) -> Iterator[Cut]:
    if isinstance(node, ast.arg) and node.annotation:
        name_end = _span(node, starts)[0] + len(node.arg.encode())
        yield name_end, _span(node.annotation, starts)[1], b""
    elif isinstance(node, ast.AnnAssign):
        end = _span(node.annotation, starts)[1]
        start, target_end = _span(node.target, starts)
        yield (target_end, end, b"") if node.value else (start, end, b"0")
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns:
        start, end = _span(node.returns, starts)
        yield source.rindex(b"->", 0, start), end, b""


def _span(node: ast.stmt | ast.expr | ast.arg, starts: list[int]) -> tuple[int, int]:
    assert node.end_lineno is not None
    assert node.end_col_offset is not None
    first = starts[node.lineno - 1] + node.col_offset
    return first, starts[node.end_lineno - 1] + node.end_col_offset
