"""`/docs`: the service's API to read and to try, without the internet; `/openapi.json`: its document."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files

import fastapi_offline
from contracts.vocabulary import Role
from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles

from chassis.http.auth import allow

# The package's copy of Swagger UI; its own app class would bring a second page that nobody needs.
ASSETS = StaticFiles(directory=str(files(fastapi_offline) / "static"))
# No validator: it would be asked over the internet. The list of schemas is closed until it is wanted.
PARAMETERS = {"validatorUrl": None, "persistAuthorization": True, "defaultModelsExpandDepth": 0}

INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)
# Swagger UI sets styles where it draws, and has pictures in its style sheet.
POLICY = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs(request: Request) -> HTMLResponse:
    """Show the API. Addresses are relative, so that a proxy may put the service below a path."""
    page = get_swagger_ui_html(
        openapi_url="openapi.json",
        title=request.app.title,
        swagger_js_url="docs/assets/swagger-ui-bundle.js",
        swagger_css_url="docs/assets/swagger-ui.css",
        swagger_favicon_url="docs/assets/favicon.png",
        swagger_ui_parameters=PARAMETERS,
    )
    hashes = " ".join(map(_hash, INLINE.findall(bytes(page.body).decode())))
    page.headers["Content-Security-Policy"] = f"{POLICY}; script-src 'self' {hashes}"
    return page


@router.get("/openapi.json")
async def document(request: Request) -> JSONResponse:
    """Return the OpenAPI document."""
    return JSONResponse(request.app.openapi())


def _hash(script: str) -> str:
    return f"'sha256-{b64encode(sha256(script.encode()).digest()).decode()}'"


def install(app: FastAPI, role: Role | None = None) -> None:
    """Serve the page, what it shows, and its assets; the first two for `role` alone, where one is given."""
    app.include_router(router, dependencies=[] if role is None else [Depends(allow(role))])
    app.mount("/docs/assets", ASSETS)
