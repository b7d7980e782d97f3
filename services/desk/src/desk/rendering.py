"""Pages from templates, which know Dutch, and the files that they load."""

import hashlib
import mimetypes
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import HTMLResponse
from words import rendering

FOLDERS = ("words/static", "desk/pages/static", "desk/assets")
YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class _Asset:
    address: str
    content: bytes
    media_type: str


def _name(file: Traversable) -> str:
    """Return how templates call a file: the browser's libraries without their versions."""
    library, _, version = file.name.partition("-")
    return f"{library.removesuffix('.org')}.js" if version.endswith(".min.js") else file.name


def _assets() -> dict[str, _Asset]:
    found = {}
    for folder in FOLDERS:
        package, _, path = folder.partition("/")
        for file in files(package).joinpath(path).iterdir():
            content = file.read_bytes()
            digest = hashlib.sha256(content).hexdigest()[:16]
            media_type = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            name = _name(file)
            found[name] = _Asset(f"/assets/{digest}-{name}", content, media_type)
    return found


ASSETS = _assets()
_BY_ADDRESS = {asset.address: asset for asset in ASSETS.values()}

router = APIRouter(include_in_schema=False)


@router.get("/assets/{name}")
async def serve(name: str) -> Response:
    """Serve a file that pages load: its name has the hash of its content, so that it is kept for ever."""
    asset = _BY_ADDRESS.get(f"/assets/{name}")
    if asset is None:
        return Response(status_code=404)
    return Response(asset.content, media_type=asset.media_type, headers={"Cache-Control": YEAR})


def asset(name: str) -> str:
    """Return the address of a file."""
    return ASSETS[name].address


TEMPLATES = rendering.environment("desk.pages", "desk.sign_in", "words", asset=asset)


def rendered(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    """Render a template as a page."""
    return rendering.page(TEMPLATES, template, status, **context)
