"""What an error on a page of a mail's link says to a professional, in Dutch."""

from chassis.http import error_pages
from fastapi import FastAPI, Response
from words.rendering import page

from notifications.answers.pages import TEMPLATES

PAGES = ("/m/", "/preferences/", "/unsubscribe/", "/not-me/", "/confirm/", "/check-in/")
WORDS = {
    404: ("Niet gevonden", "Deze pagina bestaat niet. Open de link nog eens vanuit je mail."),
    413: ("Dit is te veel tekst", "Er is niets bewaard. Ga terug, kort de tekst in en probeer het nog eens."),
    429: (
        "Dit gaat even te snel",
        "Er is niets veranderd. Wacht een paar tellen en probeer het dan nog eens.",
    ),
    503: ("We zijn even niet bereikbaar", "Er is niets veranderd. Probeer het over een minuut nog eens."),
}
OURS = ("Er ging iets mis", "Dat ligt aan ons. Probeer het over een minuut nog eens vanuit je mail.")
THEIRS = ("Dit kan nu niet", "Er is niets veranderd. Open de link nog eens vanuit je mail.")


def install(app: FastAPI) -> None:
    """Let every error that the app answers so far be a page where a professional waits for one."""
    error_pages.install(app, _page, PAGES)


def _page(status: int) -> Response:
    title, text = WORDS.get(status, OURS if status >= 500 else THEIRS)
    return page(TEMPLATES, "error.html", status, title=title, text=text)
