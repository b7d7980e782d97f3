"""What an error says to people, in Dutch."""

from chassis.http import error_pages
from fastapi import FastAPI, Response

from desk.rendering import rendered

WORDS = {
    403: ("Dit mag je niet", "Je account geeft hier geen toegang toe."),
    404: ("Niet gevonden", "Deze pagina bestaat niet, of is verwijderd. Klopt het adres?"),
    405: ("Dit kan hier niet", "Ga terug en probeer het nog eens vanaf de pagina."),
    413: ("Dit is te veel tekst", "Ga terug, kort de tekst in en probeer het nog eens."),
    422: ("Dit adres klopt niet", "Er staat iets in het adres of het formulier dat we niet begrijpen."),
    429: ("Dit gaat even te snel", "Wacht een paar tellen en probeer het dan nog eens."),
    503: (
        "We zijn even niet bereikbaar",
        "Probeer het over een minuut nog eens. Wat je al hebt vastgelegd, is bewaard.",
    ),
}
OURS = ("Er ging iets mis", "Dat ligt aan ons. Probeer het nog eens, of ga naar Vandaag.")
THEIRS = ("Dit kan nu niet", "Ga terug en probeer het nog eens.")


def install(app: FastAPI) -> None:
    """Let every error that the app answers so far be a page where a page is asked for."""
    error_pages.install(app, _page)


def _page(status: int) -> Response:
    title, text = WORDS.get(status, OURS if status >= 500 else THEIRS)
    return rendered("error.html", status, title=title, text=text)
