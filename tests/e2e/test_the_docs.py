"""`/docs` in a real browser: complete without the internet, and an operation can be tried with a token."""

import re
from uuid import uuid4

import pytest
from contracts.vocabulary import Role
from playwright.async_api import Browser, Request, Route
from stack import issuer
from support.stacks import Stack

SERVICES = ("profiles", "assignments", "matching", "notifications", "desk")
ORIGIN = "http://docs.example"  # Swagger UI asks more of the internet where it is not on localhost


@pytest.mark.parametrize("service", SERVICES)
async def test_the_page_and_the_document_name_no_other_host(stack: Stack, service: str) -> None:
    async with stack.client(service, role=None) as http:
        for path in ("/docs", "/openapi.json"):
            assert re.findall(r"https?://\w[^\"' ]*", (await http.get(path)).text) == [], path


async def test_an_operation_is_tried_with_a_token_and_nothing_is_asked_of_another_host(
    stack: Stack, browser: Browser
) -> None:
    asked: list[str] = []
    async with stack.client("profiles", role=None) as http:

        async def forward(route: Route, request: Request) -> None:
            answer = await http.request(
                request.method,
                request.url.removeprefix(ORIGIN),
                headers=await request.all_headers(),
                content=request.post_data_buffer or b"",
            )
            body = answer.content
            await route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=body)

        page = await browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        await page.route(f"{ORIGIN}/**", forward)
        await page.goto(f"{ORIGIN}/docs")
        await page.click("button.authorize")
        await page.fill(".auth-container input", issuer.token(stack.layout, Role.RECRUITER, "reader"))
        await page.click(".auth-btn-wrapper .authorize")
        await page.click(".btn-done")
        await page.click("#operations-profiles-create_profiles_post .opblock-summary-control")
        await page.click("text=Try it out")
        # The example's address may be somebody's by now.
        body_area = page.locator("textarea.body-param__text")
        await body_area.fill((await body_area.input_value()).replace("anna@", f"anna-{uuid4().hex}@"))
        await page.click("button.execute")
        status = page.locator(".live-responses-table .response .response-col_status")
        assert (await status.inner_text()).strip() == "201"
        await page.close()
    assert {f"{ORIGIN}{path}" for path in ("/docs", "/openapi.json", "/profiles")} <= set(asked)
    assert [url for url in asked if not url.startswith(ORIGIN)] == []
