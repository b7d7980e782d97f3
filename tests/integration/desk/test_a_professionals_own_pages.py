"""A professional's own pages at the desk: what is on them, what is done there, and what comes of it."""

import json
import re
from collections.abc import AsyncIterator
from urllib.parse import parse_qs
from uuid import uuid4

import httpx
import pytest
from chassis.database import Pool
from contracts.events import AssignmentClosed
from contracts.vocabulary import ClosedReason, EndedReason, Role
from desk import rendering
from desk.pages import mijn, mijn_address, mijn_career, mijn_data, mijn_learning, mijn_network, mijn_profile
from support.desks import Pair, a_placement, an_event, tell
from support.own_pages import NEAR, NOW, TITLE, Own, a_professional
from support.owned import Answering, desk_of
from support.whole_desk import whole_desk

from contracts import examples

ROOMS = [
    room.router
    for room in (
        *(rendering, mijn, mijn_career, mijn_profile, mijn_data, mijn_address),
        *(mijn_learning, mijn_network),
    )
]
CHANGE = '{"max_distance_km":110}'


@pytest.fixture
def owners() -> Answering:
    return Answering()


@pytest.fixture
async def own(pool: Pool, owners: Answering) -> Own:
    return await a_professional(pool, owners)


@pytest.fixture
async def http(pool: Pool, owners: Answering, own: Own) -> AsyncIterator[httpx.AsyncClient]:
    desk = desk_of(pool, owners, *ROOMS, role=Role.PROFESSIONAL, subject=str(own.profile_id))
    async with desk as opened:
        yield opened


def sent(owners: Answering, method: str) -> httpx.Request:
    return next(one for one in reversed(owners.asked) if one.method == method)


async def test_every_page_stands(http: httpx.AsyncClient, own: Own) -> None:
    for path in own.pages():
        answer = await http.get(path)
        assert answer.status_code == 200, path
        assert len(answer.content) < 100_000


async def test_every_link_of_every_page_leads_somewhere(http: httpx.AsyncClient, own: Own) -> None:
    links = set()
    for path in own.pages():
        links |= set(re.findall(r'href="(/mijn[^"#]*)', (await http.get(path)).text))
    assert links >= {"/mijn", "/mijn/loopbaan", "/mijn/profiel", "/mijn/gegevens"}
    for link in links - {"/mijn/gegevens/download"}:
        answer = await http.get(link.replace("&amp;", "&"))
        assert answer.status_code == 200, link


async def test_what_fits_is_shown_with_why_and_what_runs_and_nearly_fits(http: httpx.AsyncClient) -> None:
    page = (await http.get("/mijn")).text
    assert TITLE in page
    assert "Waarom past dit?" in page
    assert "heeft je voorgedragen" in page
    assert "Je werkt nu aan" in page
    assert NEAR in page
    assert "De opdracht is 16 tot 20 uur per week; jij wilt 24 tot 36 uur per week." in page
    assert "Dit scheelt het meest" not in page


async def test_what_one_is_placed_for_is_never_called_over_while_it_lasts(
    pool: Pool, http: httpx.AsyncClient, own: Own, owners: Answering
) -> None:
    """One that runs stands apart; one that is to begin goes on; neither says that somebody else got it."""
    pair, placement_id = Pair(own.answered, own.profile_id), uuid4()
    await tell(pool, [an_event(a_placement(pair, placement_id, ends_on="2099-01-01"), NOW)])
    facts = {name: value for name, value in examples.ASSIGNMENT.items() if name != "open"}
    ids = {"assignment_id": str(own.answered), "version": 2, "closed_reason": ClosedReason.FILLED}
    filled = AssignmentClosed.model_validate_json(json.dumps(facts | ids))
    await tell(pool, [an_event(filled, NOW)])
    running = (await http.get("/mijn")).text
    assert running.count(f'href="/mijn/opdrachten/{own.answered}"') == 1
    assert "Voorbij" not in running
    owners.tell("GET", "/placements", {"items": [], "next": None})
    agreed = (await http.get("/mijn")).text
    assert "Je bent het geworden. Gefeliciteerd!" in agreed
    assert "Voorbij" not in agreed
    await tell(pool, [an_event(a_placement(pair, placement_id, 2, EndedReason.COMPLETED), NOW)])
    assert "Voorbij" in (await http.get("/mijn")).text


async def test_a_placement_stands_in_the_portfolio_and_moves_from_when_one_is_free(
    pool: Pool, http: httpx.AsyncClient, own: Own, owners: Answering
) -> None:
    placement_id = uuid4()
    placement = a_placement(Pair(own.answered, own.profile_id), placement_id)
    await tell(pool, [an_event(placement, NOW)])
    entry = {"organisation_type": "gemeente", "level": "medior", "started_on": "2026-11-01"}
    entry["placement_id"] = str(placement_id)
    profile = owners.answers["GET", own.profile].json()
    effective = profile["effective_facts"]
    effective |= {"portfolio": [*effective["portfolio"], entry], "available_from": "2027-05-01"}
    owners.tell("GET", own.profile, profile, headers={"ETag": '"3"'})
    page = (await http.get("/mijn/profiel")).text
    assert "via ons" in page
    assert "Woordvoerder, Gemeente" in page
    assert "Door je werk ben je vrij vanaf zaterdag 1 mei 2027" in page
    assert "Ik ben nu al vrij" not in page
    assert "Via ons geplaatst: gemeente" in (await http.get("/mijn/profiel/wijzigen")).text
    effective["status"] = "paused"
    owners.tell("GET", own.profile, profile, headers={"ETag": '"3"'})
    assert "Daarom zoeken we nu geen opdrachten voor je" in (await http.get("/mijn/profiel")).text


async def test_a_page_stands_without_matching(http: httpx.AsyncClient, own: Own, owners: Answering) -> None:
    owners.answers.clear()
    page = (await http.get("/mijn")).text
    assert TITLE in page
    assert "Wat bijna past, is even niet te berekenen" in page
    career = (await http.get("/mijn/loopbaan")).text
    assert "Je loopbaanbeeld komt zo" in career
    assert "Wat het meest zou schelen, komt zo" in career


@pytest.mark.parametrize(
    ("answer", "reason"), [("interested", None), ("declined", "Te ver. Echt"), ("later", None)]
)
async def test_an_answer_reaches_notifications(
    http: httpx.AsyncClient, own: Own, owners: Answering, answer: str, reason: str | None
) -> None:
    owners.tell("POST", f"/matches/{own.match_id}/answer", {"match_id": str(own.match_id)})
    page = f"/mijn/opdrachten/{own.waiting}"
    form = {"antwoord": answer, "waarom": "Te ver.", "toelichting": "Echt"}
    given = await http.post(f"{page}/antwoord", data=form)
    assert given.headers["location"] == f"{page}?meld={answer}"
    assert json.loads(sent(owners, "POST").content) == {"answer": answer, "reason": reason}
    assert 'role="status"' in (await http.get(given.headers["location"])).text


async def test_an_answer_that_is_none_or_too_late_or_not_taken_now_says_so(
    http: httpx.AsyncClient, own: Own, owners: Answering
) -> None:
    page = f"/mijn/opdrachten/{own.waiting}/antwoord"
    assert (await http.post(page, data={"antwoord": "misschien"})).status_code == 422
    away = await http.post(page, data={"antwoord": "declined", "toelichting": "Mijn woorden"})
    assert away.status_code == 503
    assert "Mijn woorden" in away.text
    owners.tell("POST", f"/matches/{own.match_id}/answer", {"status": 409}, 409)
    late = await http.post(page, data={"antwoord": "interested"})
    assert late.status_code == 409
    assert "Zo reageren kan niet meer" in late.text


async def test_an_opdracht_of_somebody_else_is_not_found(http: httpx.AsyncClient, own: Own) -> None:
    for assignment_id in (own.near, uuid4()):
        looked = await http.get(f"/mijn/opdrachten/{assignment_id}")
        given = await http.post(f"/mijn/opdrachten/{assignment_id}/antwoord", data={"antwoord": "interested"})
        assert (looked.status_code, given.status_code) == (404, 404)
        assert "Niet gevonden" in looked.text


async def test_what_brings_most_is_shown_where_nothing_waits(
    pool: Pool, http: httpx.AsyncClient, own: Own, owners: Answering
) -> None:
    await pool.execute("DELETE FROM matches")
    page = (await http.get("/mijn")).text
    assert "Dit scheelt het meest" in page
    assert "1 opdracht erbij" in page
    assert "3 opdrachten erbij" in page
    assert "Ook opdrachten die een stap omhoog zijn" in page
    levers = owners.answers["GET", f"{own.profile}/levers"].json()
    owners.tell("GET", f"{own.profile}/levers", {**levers, "items": [], "pair": None})
    assert "Geen enkele kleine verandering" in (await http.get("/mijn")).text
    del owners.answers["GET", f"{own.profile}/levers"]
    assert "Wat het meest zou schelen, komt zo" in (await http.get("/mijn")).text


async def test_a_lever_is_taken_over_after_a_look_at_what_changes(
    http: httpx.AsyncClient, own: Own, owners: Answering
) -> None:
    page = (await http.get("/mijn/profiel/overnemen", params={"wijziging": CHANGE})).text
    assert "Reist hoogstens (km)" in page
    assert ">110<" in page
    form = {"wijziging": CHANGE, "versie": "3"}
    assert (await http.post("/mijn/profiel/overnemen", data=form)).status_code == 303
    change = sent(owners, "PATCH")
    assert json.loads(change.content) == {"facts": {"max_distance_km": 110}}
    assert change.headers["if-match"] == '"3"'
    owners.tell("PATCH", own.profile, {"status": 412}, 412)
    late = await http.post("/mijn/profiel/overnemen", data=form)
    assert late.status_code == 412
    assert "net gewijzigd" in late.text


@pytest.mark.parametrize(
    "change", ["", "geen json", "[]", "{}", '{"contact":1}', '{"portfolio":[]}', '{"hours_min":"x"}']
)
async def test_what_is_no_change_is_not_found(
    http: httpx.AsyncClient, owners: Answering, change: str
) -> None:
    looked = await http.get("/mijn/profiel/overnemen", params={"wijziging": change})
    assert looked.status_code == 404
    assert "PATCH" not in {one.method for one in owners.asked}


async def test_what_if_sends_a_merge_patch_of_what_is_filled_in(
    http: httpx.AsyncClient, owners: Answering
) -> None:
    asked = {"vak": "woordvoering", "km": "110,5", "tarief": "92,50", "omhoog": "1", "uren_vanaf": "16"}
    page = await http.get("/mijn/loopbaan/wat-als", params=asked)
    assert "had je voor <strong>1 opdracht meer</strong> in aanmerking gekomen" in page.text
    changes = json.loads(sent(owners, "POST").content)["changes"]
    assert changes.pop("specialisms")[-1] == "woordvoering"
    assert changes == {
        "max_distance_km": 110.5,
        "rate_min_cents": 9250,
        "ambition": {"step_up": True},
        "hours_min": 16,
    }
    nothing = await http.get("/mijn/loopbaan/wat-als")
    assert nothing.status_code == 422
    assert "Vul in wat er anders zou zijn" in nothing.text


async def test_the_career_is_told_in_pictures_with_words(http: httpx.AsyncClient) -> None:
    page = (await http.get("/mijn/loopbaan")).text
    assert page.count('role="img" aria-label="') == 5
    for says in (
        "gemeente 68% (25 maanden), provincie 32% (12 maanden)",
        "Bij 4 van de 12 opdrachten",
        "worden dat er 7",
        "37 maanden op dit niveau",
        "het midden is €\u00a092",
        "6 van de 8",
        "6 weken later",
        "31 dagen voor de start",
    ):
        assert says in page, says


async def test_too_few_opdrachten_are_said_to_be_too_few(
    http: httpx.AsyncClient, own: Own, owners: Answering
) -> None:
    told = owners.answers["GET", f"{own.profile}/outlook"].json()
    gaps = dict.fromkeys(("placement_ends", "first_start", "lead_days", "respond_from"))
    told |= {"rate": None, "next_step": told["next_step"] | {"n": 3, "q": None}, "demand": []}
    told["gaps"] |= gaps
    told["variation"] |= {"months": {}, "index": None, "last_three": [], "specialisms": None}
    owners.tell("GET", f"{own.profile}/outlook", told)
    page = (await http.get("/mijn/loopbaan")).text
    assert page.lower().count("te weinig opdrachten om iets te zeggen") == 4


async def test_one_says_from_when_one_is_free(http: httpx.AsyncClient, own: Own, owners: Answering) -> None:
    given = await http.post("/mijn/profiel/vrij", data={"dag": "2026-12-01", "versie": "3"})
    assert given.headers["location"] == "/mijn/profiel?meld=vrij"
    assert json.loads(sent(owners, "PATCH").content) == {"facts": {"available_from": "2026-12-01"}}
    fault = {"pointer": "/facts/available_from", "detail": "must be a date"}
    owners.tell("PATCH", own.profile, {"status": 422, "errors": [fault]}, 422)
    wrong = await http.post("/mijn/profiel/vrij", data={"dag": "morgen", "versie": "3"})
    assert wrong.status_code == 422
    assert 'aria-describedby="fault-dag"' in wrong.text


async def test_work_beside_is_added_and_taken_away(http: httpx.AsyncClient, owners: Answering) -> None:
    form = {"uren": "12", "soort": "eigen", "van": "2026-12-01", "tot": "", "versie": "3"}
    assert (await http.post("/mijn/profiel/ernaast", data=form)).status_code == 303
    added = {"hours": 12, "from": "2026-12-01", "until": None, "kind": "eigen"}
    assert json.loads(sent(owners, "PATCH").content)["facts"]["commitments"][1] == added
    assert (await http.post("/mijn/profiel/ernaast", data={"weg": "0", "versie": "3"})).status_code == 303
    assert json.loads(sent(owners, "PATCH").content) == {"facts": {"commitments": []}}


async def test_a_profile_is_changed_without_its_address_and_preferences(
    http: httpx.AsyncClient, own: Own, owners: Answering
) -> None:
    page = (await http.get("/mijn/profiel/wijzigen")).text
    names = re.findall(r'<input [^>]*name="(/facts/portfolio/0/\w+)"', page)
    assert "/facts/portfolio/0/organisation_name" in names
    assert "/contact/email" not in page
    form = {
        "/contact/name": "Fenna",
        "/contact/email": "x@example.org",
        "/facts/hours_min": "16",
        "version": "3",
    }
    assert (await http.post("/mijn/profiel/wijzigen", data=form)).status_code == 303
    body = json.loads(sent(owners, "PATCH").content)
    assert body["contact"] == {"name": "Fenna", "phone": None}
    assert body["facts"]["hours_min"] == 16
    fault = {"pointer": "/facts/hours_min", "detail": "must be less"}
    owners.tell("PATCH", own.profile, {"status": 422, "errors": [fault]}, 422)
    wrong = await http.post("/mijn/profiel/wijzigen", data=form)
    assert wrong.status_code == 422
    assert 'id="fault-/facts/hours_min"' in wrong.text


async def test_preferences_are_chosen(http: httpx.AsyncClient, owners: Answering) -> None:
    base = "/contact/preferences"
    form = {f"{base}/frequency": "daily", f"{base}/min_score": "70", "version": "3"}
    assert (await http.post("/mijn/gegevens/mail", data=form)).status_code == 303
    wishes = {"frequency": "daily", "min_score": 70, "quiet_hours": False}
    assert json.loads(sent(owners, "PATCH").content) == {"contact": {"preferences": wishes}}


async def test_one_sees_who_saw_what(http: httpx.AsyncClient, owners: Answering) -> None:
    page = (await http.get("/mijn/gegevens")).text
    assert "een recruiter bekeek je gegevens" in page
    await http.get("/mijn/gegevens?verder=verder")
    asked = next(one for one in reversed(owners.asked) if one.url.path.endswith("/audit"))
    assert parse_qs(asked.url.query.decode())["cursor"] == ["verder"]


async def test_a_download_has_the_part_of_every_service(
    http: httpx.AsyncClient, own: Own, owners: Answering
) -> None:
    assert "even niet te bereiken" in (await http.get("/mijn/gegevens/download")).text
    owners.tell("GET", f"{own.profile}/export", {"profile_id": str(own.profile_id)})
    owners.tell("GET", f"{own.profile}/held", {"held": {"rows": []}})
    found = (await http.get("/mijn/gegevens/download")).json()
    assert found["held"].keys() == {"profiles", "assignments", "matching", "notifications", "desk"}


async def test_whoever_erases_themselves_types_their_name_and_is_signed_out(
    pool: Pool, own: Own, owners: Answering
) -> None:
    owners.tell("DELETE", own.profile, None, 204)
    browser = whole_desk(pool, owners, Role.PROFESSIONAL, subject=str(own.profile_id))
    async with browser as http:
        wrong = await http.post("/mijn/gegevens/verwijder", data={"naam": "Fenna"})
        assert wrong.status_code == 422
        assert "DELETE" not in {one.method for one in owners.asked}
        gone = await http.post("/mijn/gegevens/verwijder", data={"naam": "Fenna  de Boer"})
        assert gone.headers["location"] == "/mijn/verwijderd"
        assert "Je gegevens worden verwijderd" in (await http.get("/mijn/verwijderd")).text
        assert (await http.get("/mijn")).status_code == 303
    assert await pool.fetchval("SELECT count(*) FROM sessions") == 0


async def test_what_one_looks_at_is_written_down(pool: Pool, http: httpx.AsyncClient, own: Own) -> None:
    for path in ("/mijn", f"/mijn/opdrachten/{own.waiting}", "/mijn/loopbaan"):
        await http.get(path)
    kinds = [row[0] for row in await pool.fetch("SELECT object_kind FROM audit_acts ORDER BY id")]
    assert kinds == ["matches", "match", "career"]
