"""What moved to the desk: the recruiter's page, and the stream of alerts."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse

router = APIRouter(include_in_schema=False)


def _desk(request: Request) -> str:
    desk: str = request.app.state.resources.desk_url
    return desk


@router.get("/", status_code=308, response_class=RedirectResponse)
@router.get("/alerts", status_code=308, response_class=RedirectResponse)
@router.get("/alerts/history", status_code=308, response_class=RedirectResponse)
async def go_to_the_desk(request: Request, desk: Annotated[str, Depends(_desk)]) -> RedirectResponse:
    """Go to the desk, to the same path."""
    query = f"?{request.url.query}" if request.url.query else ""
    return RedirectResponse(f"{desk.rstrip('/')}{request.url.path}{query}", 308)
