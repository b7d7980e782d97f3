"""Dutch: what the pages of a mail's links say after something was posted."""

from datetime import datetime

from words import nl

THANKS_FOR_THE_ANSWER = "Bedankt. Je antwoord is binnen."
CHOOSE_HOW_IT_GOES = "Kies een van de drie antwoorden."
CHOOSE_AN_ANSWER = "Kies een van de antwoorden."
ANSWER_TOO_LONG = "Je antwoord is niet verwerkt: je toelichting mag hooguit 2.000 tekens lang zijn."
ANSWER_TOO_LATE = "Je antwoord is niet verwerkt: dat kan nu niet meer."
TOO_MANY_ANSWERS = "Je antwoord is niet verwerkt: je hebt al heel vaak geantwoord. Bel of mail de recruiter."
LATER_TOO_LATE = (
    "Later nog eens mailen lukt niet: daarvoor is het te laat, of je krijgt geen mail over nieuwe opdrachten."
)
LATER_AFTER_YES = "Dat hoeft niet meer: je hebt al laten weten dat je interesse hebt, en dat blijft staan."
PREFERENCES_SAVED = "Bewaard. Dank je wel."
PREFERENCES_WRONG = "Niet bewaard: kies hoe vaak, vanaf welke score, en voor een pauze een dag na vandaag."


def asked_later(at: datetime) -> str:
    """Tell a professional when they are asked again."""
    return f"Prima. Je krijgt deze opdracht nog eens te zien in je mail van {nl.moment(at)}."
