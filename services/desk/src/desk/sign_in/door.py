"""What signing in stands on, made once by `install`: the provider, the desk's own tokens, the sessions, and
the names of cookies."""

import hashlib
import hmac
from dataclasses import asdict, dataclass
from urllib.parse import urlencode, urlsplit

from chassis.http.rates import Buckets
from fastapi import Request, Response

from desk.domain.own_path import HOME, own_path
from desk.settings import DeskSettings, read_keys
from desk.sign_in.professionals import Signer
from desk.sign_in.provider import Attempt, Provider
from desk.sign_in.sealing import Broken, Seal
from desk.sign_in.sessions import Sessions

ATTEMPT_SECONDS = 600  # for typing a name and a password
HOUR_SECONDS = 3600
LINK_SECONDS = 900  # a link in a mail works so long
MINE = "/mijn"  # where professionals begin
REMEMBERED_SECONDS = 7 * 24 * 3600  # a tab that somebody typed in may stay open for days
NO_STORE = {"Cache-Control": "no-store"}


@dataclass(frozen=True)
class Door:
    """Set as `app.state.door`. `links`: how many links each address may still ask for."""

    provider: Provider
    signer: Signer
    sessions: Sessions
    attempts: Seal
    subjects: Seal
    kept: Seal
    links: Buckets
    issuer: str
    desk_url: str

    @classmethod
    def of(cls, settings: DeskSettings, provider: Provider | None = None) -> "Door":
        """Make it from the settings. `provider`: another one, for tests."""
        secrets = settings.session_secret.get_secret_value()
        provider = provider or Provider(settings)
        return cls(
            provider,
            Signer(
                read_keys(settings.professionals_key_file),
                settings.professionals_issuer,
                settings.auth_audience,
            ),
            Sessions(provider, Seal(secrets, "tokens of sessions")),
            Seal(secrets, "attempts to sign in"),
            Seal(secrets, "who signed in last"),
            Seal(secrets, "forms that are kept"),
            Buckets(settings.rate_limit_links / HOUR_SECONDS, most=settings.rate_limit_links),
            settings.provider,
            settings.desk_url.rstrip("/"),
        )

    @property
    def _secure(self) -> bool:
        return self.desk_url.startswith("https:")

    @property
    def cookie(self) -> str:
        """Return the name of the session's cookie. Without TLS a browser takes no `__Host-`, and keeps
        cookies of all ports of a host together."""
        return "__Host-session" if self._secure else f"session-{urlsplit(self.desk_url).port or 80}"

    def set(self, response: Response, name: str, value: str, seconds: int | None = None) -> None:
        """Set a cookie that scripts cannot read."""
        response.set_cookie(name, value, seconds, httponly=True, secure=self._secure, samesite="lax")

    def unset(self, response: Response, name: str) -> None:
        """Take a cookie away."""
        response.delete_cookie(name, httponly=True, secure=self._secure, samesite="lax")

    def attempts_cookie(self, state: str) -> str:
        """Return the name of an attempt's cookie; each of a browser's tabs may have one."""
        return f"{self.cookie}-attempt-{hashlib.sha256(state.encode()).hexdigest()[:16]}"

    def keep(self, response: Response, attempt: Attempt) -> None:
        """Let the browser keep an attempt, so that it alone can complete it."""
        sealed = self.attempts.close(asdict(attempt)).decode()
        self.set(response, self.attempts_cookie(attempt.state), sealed, ATTEMPT_SECONDS)

    def attempt(self, request: Request, state: str) -> Attempt | None:
        """Return the attempt that this browser made under `state`, if it did, a short time ago."""
        sealed = request.cookies.get(self.attempts_cookie(state), "")
        try:
            attempt = Attempt(**self.attempts.open(sealed.encode(), ATTEMPT_SECONDS))
        except Broken:
            return None
        return attempt if hmac.compare_digest(attempt.state.encode(), state.encode()) else None

    def kept_cookie(self, page: str) -> str:
        """Return the name of the cookie that leads to a form that was kept (`kept.py`); each of a browser's
        pages may have one."""
        return f"{self.cookie}-kept-{hashlib.sha256(page.encode()).hexdigest()[:16]}"

    def remember(self, response: Response, subject: str) -> None:
        """Let the browser keep who signed in, sealed. It gives access to nothing."""
        sealed = self.subjects.close(subject).decode()
        self.set(response, f"{self.cookie}-who", sealed, REMEMBERED_SECONDS)

    def last_subject(self, request: Request) -> str | None:
        """Return who signed in last on this browser, if that was not long ago."""
        sealed = request.cookies.get(f"{self.cookie}-who", "")
        try:
            return str(self.subjects.open(sealed.encode(), REMEMBERED_SECONDS))
        except Broken:
            return None

    def sign_in(self, next_path: str) -> str:
        """Return the address to sign in at, from where one comes back to a path of ours."""
        return f"{self.desk_url}/sign-in?{urlencode({'next': next_path})}"

    def remember_path(self, response: Response, path: str) -> None:
        """Let the browser keep where somebody wanted to go who asks for a link, as long as it works."""
        self.set(response, f"{self.cookie}-next", own_path(path), LINK_SECONDS)

    def remembered_path(self, request: Request) -> str:
        """Return where somebody wanted to go; the first page where the browser does not say."""
        path = own_path(request.cookies.get(f"{self.cookie}-next"))
        return MINE if path == HOME else path

    def link_asked(self, next_path: str) -> str:
        """Return the address at which a professional asks for a link, which leads to a path of ours."""
        return f"{self.desk_url}/mijn/inloggen?{urlencode({'next': next_path})}"


def door_of(request: Request) -> Door:
    """Return the app's door."""
    door: Door = request.app.state.door
    return door
