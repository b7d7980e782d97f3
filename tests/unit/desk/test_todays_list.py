"""Today's list: the most urgent first, each line a sentence and a place."""

from datetime import UTC, datetime, timedelta

from desk.domain.today import Need, Task, in_order
from desk.pages.today import place, sentence
from uuid_utils.compat import uuid7

AT = datetime(2026, 11, 26, 12, tzinfo=UTC)


def a_task(need: Need, hours: int = 0, count: int = 1) -> Task:
    return Task(
        need=need,
        assignment_id=uuid7(),
        title="Adviseur wijkregie",
        organisation="Gemeente Winterswijk",
        since=AT + timedelta(hours=hours),
        profile_id=uuid7(),
        name="Pim Prins",
        count=count,
    )


def test_the_most_urgent_need_comes_first_and_of_one_need_the_oldest() -> None:
    tasks = [a_task(Need.DRAFT), a_task(Need.INTEREST, 2), a_task(Need.INTEREST, 1), a_task(Need.CLOSING)]
    assert in_order(tasks) == [tasks[2], tasks[1], tasks[3], tasks[0]]


def test_every_need_is_a_sentence_with_a_place_and_a_key_of_its_own() -> None:
    tasks = [a_task(need, count=count) for need in Need for count in (0, 1, 2)]
    assert all(sentence(task, AT) and place(task).startswith("/") for task in tasks)
    assert len({task.key for task in tasks}) == len(tasks)
    told = {count: sentence(a_task(Need.NOT_TOLD, count=count), AT) for count in (1, 3)}
    assert told[1] == "1 persoon past en kreeg geen mail: bel liever"
    assert told[3] == "3 mensen passen en kregen geen mail: bel liever"
    assert sentence(a_task(Need.DRAFT, count=0), AT).endswith("is klaar om te publiceren")


def test_where_nobody_fits_the_line_says_how_many_nearly_do_and_how_long_it_is_open() -> None:
    line = sentence(a_task(Need.NOBODY, hours=24 * 56, count=35), AT)
    assert line == "Er past nu niemand, maar 35 mensen missen maar één eis; sluit over 8 weken"
    assert sentence(a_task(Need.NOBODY, hours=43, count=0), AT) == (
        "Er past nu niemand; sluit over 1 dag en 19 uur"
    )
