"""Before an opdracht is published its recruiter reads who gets mail now, later and not."""

from desk.pages.forecast import sentence

MORNING = "2026-11-27T07:30:00+01:00"
EVENING = "2026-11-26T21:00:00+01:00"


def test_who_is_mailed_now_later_and_not_is_counted_in_words() -> None:
    prospects = [("now", None)] * 6 + [("later", MORNING)] * 4 + [("unwanted", None)] * 2
    assert sentence(prospects) == (
        "6 krijgen nu mail, 4 op vrijdag 27 november 2026, 07:30 uur, 2 willen deze mail niet."
    )


def test_one_person_is_told_of_as_one_and_the_earliest_comes_first() -> None:
    prospects = [("now", None), ("later", MORNING), ("later", EVENING), ("suppressed", None)]
    assert sentence(prospects) == (
        "1 krijgt nu mail, 1 op donderdag 26 november 2026, 21:00 uur, 1 op vrijdag 27 november 2026,"
        " 07:30 uur, 1 krijgt geen mail: het adres werkt niet."
    )
    assert sentence([]) == "0 krijgen nu mail."
