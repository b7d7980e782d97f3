"""`opdracht probe`: tries the whole path from an opdracht to a mail, on nobody.

The probe's profile is resumed (made, the first time), an opdracht of the probe is opened, which fits this
profile and nobody else, and the match and its mail are waited for. Then the opdracht is closed and the
profile paused, whatever went before. What is left is deleted by the services after a day.
"""

import json
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import typer
from chassis.settings import load
from contracts.probe import PROFILE_ID
from contracts.vocabulary import ProfileStatus

from opdrachtctl import probe_bodies
from opdrachtctl.mailbox import MailboxFailed, open_mailbox
from opdrachtctl.probe_settings import ProbeSettings

app = typer.Typer()

REQUEST_SECONDS = 5.0
LONGEST_PAUSE_SECONDS = 2.0
# A probe that is killed leaves its opdracht open: it closes by itself after this.
REACTING = timedelta(minutes=10)


class Failed(Exception):
    """A step did not go as it should; says why, without contents."""


@app.command("probe")
def probe() -> None:
    """Try the path from an opdracht to a mail, and print a line of JSON: how many seconds each step took, and
    which step failed. Ends with 1 where one did."""
    outcome = Probe(load(ProbeSettings)).run()
    print(json.dumps(outcome), flush=True)
    raise typer.Exit(0 if outcome["failed"] is None else 1)


class Probe:
    """One try."""

    def __init__(self, settings: ProbeSettings) -> None:
        self._settings = settings
        self._token = secrets.token_hex(8)
        self._http = httpx.Client(timeout=REQUEST_SECONDS)
        self._seconds: dict[str, float] = {}
        self._failed: tuple[str, str] | None = None

    def run(self) -> dict[str, Any]:
        """Take every step; return `probe` (its token), `failed` (the first step that did, or null), `because`
        and `seconds` by step."""
        with self._http, suppress(Failed):
            with self._step("token"):
                self._http.headers["Authorization"] = f"Bearer {self._bearer()}"
            with self._paused_after(), self._closed_after() as opdracht:
                until = time.monotonic() + self._settings.probe_patience_seconds
                with self._step("match"):
                    self._wait(lambda: self._is_matched(opdracht), until)
                with self._step("mail"):
                    self._wait(self._is_mailed, until)
        step, because = self._failed or (None, None)
        return {"probe": self._token, "failed": step, "because": because, "seconds": self._seconds}

    @contextmanager
    def _step(self, name: str) -> Iterator[None]:
        """Measure a step. Where it fails, it is the one that failed, unless one before it did."""
        started = time.monotonic()
        try:
            yield
        except (Failed, MailboxFailed, httpx.HTTPError, KeyError, ValueError) as error:
            because = str(error) if isinstance(error, Failed | MailboxFailed) else type(error).__name__
            self._failed = self._failed or (name, because)
            raise Failed from error
        finally:
            self._seconds[name] = round(time.monotonic() - started, 3)

    def _bearer(self) -> str:
        settings = self._settings
        if settings.probe_token is not None:
            return settings.probe_token.get_secret_value()
        assert settings.probe_token_url is not None
        wanted = {"grant_type": "client_credentials"}
        if settings.probe_token_scope:
            wanted["scope"] = settings.probe_token_scope
        client = (settings.probe_client_id, settings.probe_client_secret.get_secret_value())
        return str(
            _content(self._http.post(settings.probe_token_url, data=wanted, auth=client))["access_token"]
        )

    @contextmanager
    def _paused_after(self) -> Iterator[None]:
        try:
            with self._step("resume"):
                self._put(ProfileStatus.ACTIVE)
            yield
        finally:
            with self._step("pause"):
                self._put(ProfileStatus.PAUSED)

    def _put(self, status: ProfileStatus) -> None:
        """Bring the profile to a status; make it where there is none."""
        profiles = f"{self._settings.profiles_url}/profiles"
        own, body = f"{profiles}/{PROFILE_ID}", probe_bodies.profile(self._settings.probe_address, status)
        present = self._http.get(own)
        if present.status_code == httpx.codes.NOT_FOUND:
            _content(self._http.post(profiles, json=body))
            return
        _content(present)
        _content(self._http.put(own, json=body, headers={"If-Match": present.headers["ETag"]}))

    @contextmanager
    def _closed_after(self) -> Iterator[str]:
        assignments = f"{self._settings.assignments_url}/assignments"
        respond_by = datetime.now(UTC) + REACTING
        body = probe_bodies.opdracht(self._settings.probe_address, self._token, respond_by)
        with self._step("open"):
            opened = str(_content(self._http.post(assignments, json=body))["assignment_id"])
        try:
            yield opened
        finally:
            with self._step("close"):
                _content(self._http.post(f"{assignments}/{opened}/close", json={"reason": "withdrawn"}))

    def _is_matched(self, opdracht: str) -> bool:
        answer = self._http.get(f"{self._settings.matching_url}/assignments/{opdracht}/matches")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return False  # not known there yet
        return any(one["profile_id"] == str(PROFILE_ID) for one in _content(answer)["items"])

    def _is_mailed(self) -> bool:
        password = self._settings.probe_mailbox_password.get_secret_value()
        with open_mailbox(self._settings.probe_mailbox, password) as mailbox:
            return mailbox.take(self._token)

    def _wait(self, attempt: Callable[[], bool], until: float) -> None:
        """Try until it is so; raises Failed with why it is not once the time is over."""
        pause, because = 0.25, "nothing came"
        while True:
            try:
                if attempt():
                    return
                because = "nothing came"
            except (Failed, MailboxFailed, httpx.HTTPError) as error:
                because = str(error) if isinstance(error, Failed | MailboxFailed) else type(error).__name__
            if time.monotonic() + pause > until:
                raise Failed(because)
            time.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)


def _content(answer: httpx.Response) -> Any:
    """Return what is answered; raises Failed with the status of anything else."""
    if not answer.is_success:
        raise Failed(f"{answer.request.method} {answer.url.host}: {answer.status_code}")
    return answer.json()
