"""The files of the page: the style of reports, and scripts for drawings and for this page."""

from functools import cache
from importlib.resources import files
from typing import Tuple

from fastapi import Request
from fastapi.responses import Response

PACKAGE = files(__package__.rpartition(".")[0])
FILES = {
    "/": ("text/html", ["serving/templates/serve.html"]),
    "/page.css": (
        "text/css",
        [
            "reporting/templates/page.css",
            "rendering/style.css",
            "serving/templates/serve.css",
        ],
    ),
    "/page.js": (
        "text/javascript",
        [
            "rendering/redraw.js",
            "rendering/bars.js",
            "serving/templates/policy.js",
            "serving/templates/serve.js",
        ],
    ),
}


async def read_page(request: Request) -> Response:
    """A file of the page, which is the same for all pipelines."""
    path = request.scope["path"].removeprefix(request.scope.get("root_path", "")) or "/"
    kind, content = _join(path)
    return Response(content, media_type=f"{kind}; charset=utf-8")


@cache
def _join(path: str) -> Tuple[str, bytes]:
    kind, names = FILES[path]
    return kind, b"\n".join(PACKAGE.joinpath(name).read_bytes() for name in names)
