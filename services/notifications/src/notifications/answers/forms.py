"""What the pages of a mail's links post. What else is posted with it is ignored, as RFC 8058 wants."""

from datetime import date
from typing import Annotated

from contracts.facts import Preferences
from contracts.vocabulary import Frequency
from pydantic import BaseModel, Field

END = "end"  # of mail about opdrachten that one answered


class AnswerForm(BaseModel):
    """An answer to a match, and why."""

    answer: Annotated[
        str, Field(max_length=20, description="`interested`, `declined`, `later` or `not-me`.")
    ] = ""
    why: Annotated[str, Field(max_length=100, description="A reason out of the page's list.")] = ""
    reason: Annotated[str, Field(max_length=2000, description="A reason in words.")] = ""

    @property
    def words(self) -> str | None:
        """Return both reasons as one text; None without any."""
        return " ".join(part.replace("\x00", "").strip() for part in (self.why, self.reason)).strip() or None


class CheckInForm(BaseModel):
    """How somebody's work goes, and a sentence about it."""

    answer: Annotated[str, Field(max_length=20, description="`goed`, `gaat-wel` or `wil-praten`.")] = ""
    sentence: Annotated[str, Field(max_length=2000, description="In their own words.")] = ""

    @property
    def words(self) -> str | None:
        """Return the sentence; None without one."""
        return self.sentence.replace("\x00", "").strip() or None


class PreferencesForm(BaseModel):
    """How a professional wants to be told."""

    frequency: Annotated[str, Field(max_length=20, description="`direct`, `daily`, `weekly` or `none`.")] = ""
    min_score: Annotated[str, Field(max_length=10, description="0 to 100.")] = "0"
    quiet_hours: Annotated[str, Field(max_length=10, description="Anything for yes, nothing for no.")] = ""
    paused_until: Annotated[str, Field(max_length=10, description="A date after today, or nothing.")] = ""
    news: Annotated[
        str, Field(max_length=10, description="`end`: no mail on answered opdrachten either.")
    ] = ""
    not_me: Annotated[str, Field(max_length=10, description="Anything: links so far end.")] = ""

    def read(self, today: date) -> tuple[Preferences, date | None]:
        """Return the choice, and until when they pause; raises ValueError where it is not valid."""
        wishes = Preferences(
            frequency=Frequency(self.frequency),
            min_score=float(self.min_score.replace(",", ".") or 0),
            quiet_hours=bool(self.quiet_hours),
        )
        until = date.fromisoformat(self.paused_until) if self.paused_until else None
        if until is not None and until <= today:
            raise ValueError("a pause ends after today")
        return wishes, until


class UnsubscribeForm(BaseModel):
    """Why somebody ends their mail, and whether that about answered opdrachten ends too."""

    why: Annotated[str, Field(max_length=100, description="A reason out of the page's list.")] = ""
    news: Annotated[
        str, Field(max_length=10, description="`end`: no mail on answered opdrachten either.")
    ] = ""
