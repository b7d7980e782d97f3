"""The probe: one profile that is nobody, and its opdrachten, with which an operator tries the whole path from
an opdracht to a mail (`opdracht probe`).

What is the probe's meets nothing else: matching keeps it apart, and no page, list, count or report shows it.
Assignments and profiles say it of themselves (`probe` in the facts). What knows only ids, such as a match, is
known by the profile, which has this one id everywhere and for ever.
"""

from uuid import UUID

from contracts.envelope import Event

PROFILE_ID = UUID("019a9f3e-7c00-7a0b-8e00-70726f626500")


def concerns(event: Event) -> bool:
    """Tell whether an event is on the probe's profile, opdrachten or matches."""
    if PROFILE_ID in (event.subject, getattr(event.data, "profile_id", None)):
        return True
    return getattr(event.data, "probe", False) is True
