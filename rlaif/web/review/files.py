"""The styles and scripts that the pages load: a fixed few, held in memory."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response

from rlaif.web.replies import Refused

_FOLDER = Path(__file__).parent / "static"
_KINDS = {
    "page.css": "text/css",
    "cards.css": "text/css",
    "htmx.min.js": "text/javascript",
    "drafts.js": "text/javascript",
    "keys.js": "text/javascript",
    "page.js": "text/javascript",
}


@cache
def _held() -> dict[str, bytes]:
    return {name: (_FOLDER / name).read_bytes() for name in _KINDS}


@cache
def version() -> str:
    """Changes with any of the files, so that no browser shows an old one."""
    return hashlib.sha256(b"".join(_held().values())).hexdigest()[:12]


def file_of(name: str) -> Response:
    """One of them. Raises: Refused (404) for any other."""
    if name not in _KINDS:
        raise Refused(404, "There is no such file")
    return Response(
        _held()[name],
        media_type=_KINDS[name],
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )
