"""MkDocs hook: links from a page to files of the repository become their names.

On a code host they lead to the file; the built site has no such files. One that leads nowhere is
a warning, and warnings end the build.
"""

import logging
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
log = logging.getLogger("mkdocs.hooks.docs_links")
_OUTSIDE = re.compile(r"\[([^\]]+)\]\(\.\./([^)#\s]+)(?:#[^)]*)?\)")


def on_page_markdown(markdown: str, *, page: Any, **_more: Any) -> str:
    """Return the page's text without links that leave the documentation."""

    def named(found: "re.Match[str]") -> str:
        if not (ROOT / found[2]).exists():
            log.warning("%s: ../%s is not in the repository", page.file.src_path, found[2])
        text, file = found[1].strip("`"), found[2]
        return f"`{file}`" if text.rstrip("/") == file.rstrip("/") else f"{found[1]} (`{file}`)"

    return _OUTSIDE.sub(named, markdown)
