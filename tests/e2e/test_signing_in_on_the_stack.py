"""Who signs in at the one-machine stack's provider works at the desk, and every service knows them."""

import httpx
from stack import issuer
from stack.identity import configuration as identity
from support.signing_in import Browser, query
from support.stacks import Stack


async def test_a_recruiter_signs_in_works_and_signs_out(stack: Stack) -> None:
    browser = Browser(stack.layout)
    page = await browser.sign_in(path="/opdrachten?tab=open")
    assert page.status_code == 200
    assert page.url.path == "/opdrachten"
    assert "Bureau Voorbeeld" in page.text
    assert page.url.query == b"tab=open"
    out = await browser.follow(await browser.http.post("/sign-out"))
    assert "Je bent uitgelogd" in out.text
    assert (await browser.http.get("/opdrachten")).status_code == 303
    await browser.http.aclose()


async def test_every_service_honours_the_providers_tokens(stack: Stack) -> None:
    layout = stack.layout
    callback = f"{layout.url('desk')}/sign-in/callback"
    verifier = "a" * 43
    # its SHA-256 in base64url
    challenge = "ZtNPunH49FD35FWYhT5Tv8I7vRKQJ8uxMaL0_9eHjNA"  # pragma: allowlist secret
    asked = {
        "response_type": "code",
        "client_id": identity.CLIENT_ID,
        "redirect_uri": callback,
        "scope": "openid",
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    browser = Browser(layout)
    form = await browser.http.get(f"{layout.url('identity')}/authorize", params=asked)
    code = query(await browser.fill_in(form, "recruiter"))["code"]
    given = await browser.http.post(
        f"{layout.url('identity')}/token",
        data={
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": callback,
            "code_verifier": verifier,
        },
        auth=(identity.CLIENT_ID, issuer.secret(layout, "client-secret")),
    )
    await browser.http.aclose()
    headers = {"Authorization": f"Bearer {given.json()['access_token']}"}
    paths = {
        "profiles": "/profiles",
        "assignments": "/assignments",
        "notifications": "/deliveries",
        "desk": "/alerts/history",
    }
    async with httpx.AsyncClient(headers=headers, timeout=30) as http:
        for service, path in paths.items():
            answer = await http.get(f"{layout.url(service)}{path}")
            assert answer.status_code == 200, (service, answer.text)
