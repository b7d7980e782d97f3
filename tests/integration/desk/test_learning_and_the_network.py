"""Trainings and colleagues at the desk: what professionals see and ask, and what recruiters enter."""

import json
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import httpx
import pytest
from chassis.database import Pool
from contracts.vocabulary import Role
from desk import rendering
from desk.pages import mijn_learning, mijn_network, trainings
from support.own_pages import COLLEAGUE, TRAININGS, Own, a_professional
from support.owned import Answering, desk_of

QUESTION = f"/colleagues/{COLLEAGUE['profile_id']}/question"
ASKING = f"/mijn/netwerk/{COLLEAGUE['profile_id']}/vraag"
TRAINING = {
    "title": "Projecten in stappen",
    "provider": "Leerhuis",
    "url": "https://opleidingen.example.org/",
    "days": "3",
    "price_cents": "1.495,50",
    "certificates": "prince2",
}


@pytest.fixture
def owners() -> Answering:
    return Answering()


@pytest.fixture
async def own(pool: Pool, owners: Answering) -> Own:
    return await a_professional(pool, owners)


@pytest.fixture
async def http(pool: Pool, owners: Answering, own: Own) -> AsyncIterator[httpx.AsyncClient]:
    rooms = [room.router for room in (rendering, mijn_learning, mijn_network)]
    desk = desk_of(pool, owners, *rooms, role=Role.PROFESSIONAL, subject=str(own.profile_id))
    async with desk as opened:
        yield opened


@pytest.fixture
async def staff(pool: Pool, owners: Answering) -> AsyncIterator[httpx.AsyncClient]:
    async with desk_of(pool, owners, rendering.router, trainings.router) as opened:
        yield opened


def bodies(owners: Answering, method: str, path: str) -> list[dict[str, object]]:
    return [json.loads(one.content) for one in owners.asked if (one.method, one.url.path) == (method, path)]


async def test_trainings_stand_by_what_they_bring_for_their_price(http: httpx.AsyncClient) -> None:
    page = (await http.get("/mijn/opleidingen")).text
    titles = [str(one["title"]) for one in TRAININGS]
    places = [page.index(title) for title in titles]
    assert places[1] < page.index("Andere opleidingen") < min(places[0], places[2])
    assert "een niveau hoger vallen 3 opdrachten alleen hierdoor af" in page
    assert "prijs onbekend" in page


async def test_trainings_are_listed_where_matching_is_away_and_the_page_stands_without_any(
    http: httpx.AsyncClient, own: Own, owners: Answering
) -> None:
    for part in ("outlook", "levers"):
        del owners.answers["GET", f"{own.profile}/{part}"]
    page = (await http.get("/mijn/opleidingen")).text
    assert "Wat een opleiding je brengt, is even niet te berekenen" in page
    assert all(str(one["title"]) in page for one in TRAININGS)
    del owners.answers["GET", "/trainings"]
    assert "De opleidingen zijn even niet op te halen" in (await http.get("/mijn/opleidingen")).text


async def test_colleagues_are_shown_to_who_is_visible_by_what_is_asked(
    http: httpx.AsyncClient, owners: Answering
) -> None:
    page = (await http.get("/mijn/netwerk?vak=woordvoering&soort=gemeente")).text
    for word in ("Vera", "senior", "Helpt met woordvoering en asiel", "Vraag maar raak.", "kent gemeente"):
        assert word in page
    asked = next(one for one in owners.asked if one.url.path == "/colleagues").url.params
    assert (asked["specialism"], asked["organisation_type"], "dossier" in asked) == (
        "woordvoering",
        "gemeente",
        False,
    )
    assert "verder=verder" in page


async def test_who_is_not_visible_sees_nobody_and_is_told_what_it_shows(
    http: httpx.AsyncClient, own: Own, owners: Answering
) -> None:
    profile = owners.answers["GET", own.profile].json()
    del profile["facts"]["network"]
    owners.tell("GET", own.profile, profile, headers={"ETag": '"3"'})
    page = (await http.get("/mijn/netwerk")).text
    assert "Vera" not in page
    assert "Je achternaam en je adres ziet niemand" in page
    assert not [one for one in owners.asked if one.url.path == "/colleagues"]


async def test_being_found_is_switched_on_and_off(
    http: httpx.AsyncClient, own: Own, owners: Answering
) -> None:
    form = {"zichtbaar": "1", "aanbod": ["participatie", "asiel"], "zin": "Ik help.", "versie": "3"}
    on = await http.post("/mijn/netwerk", data=form)
    assert (on.status_code, on.headers["location"]) == (303, "/mijn/netwerk?meld=zichtbaar")
    off = await http.post("/mijn/netwerk", data={"versie": "3"})
    assert off.headers["location"] == "/mijn/netwerk?meld=uit"
    sent = [one["facts"] for one in bodies(owners, "PATCH", own.profile)]
    assert sent == [
        {"network": {"visible": True, "offers": ["participatie", "asiel"], "line": "Ik help."}},
        {"network": {"visible": False, "offers": [], "line": None}},
    ]
    owners.tell("PATCH", own.profile, {}, status=412)
    conflict = await http.post("/mijn/netwerk", data=form)
    assert conflict.status_code == 412
    assert "Ik help." in conflict.text


async def test_a_question_is_sent_once_what_is_shown_was_agreed(
    http: httpx.AsyncClient, owners: Answering
) -> None:
    owners.tell("POST", QUESTION, {"question_id": str(uuid4())}, status=202)
    preview = await http.post(ASKING, data={"vraag": "Hoe pak jij dat aan?", "aan": "Vera"})
    assert preview.status_code == 200
    assert "Je vraag aan Vera" in preview.text
    assert "anna@example.org" in preview.text, "what the colleague sees"
    assert bodies(owners, "POST", QUESTION) == []
    key = re.findall(r'name="sleutel" value="([^"]+)"', preview.text)[0]
    form = {"vraag": "Hoe pak jij dat aan?", "aan": "Vera", "sleutel": key}
    refused = await http.post(ASKING, data=form)
    assert refused.status_code == 422
    assert "Zonder dat versturen we niets" in refused.text
    assert bodies(owners, "POST", QUESTION) == []
    sent = await http.post(ASKING, data={**form, "akkoord": "1"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/mijn/netwerk?meld=gevraagd")
    assert bodies(owners, "POST", QUESTION) == [{"question": "Hoe pak jij dat aan?", "show_address": True}]


@pytest.mark.parametrize(
    ("status", "page_status", "says"),
    [(429, 503, "Je kunt drie vragen per dag stellen"), (404, 404, "is niet meer te vinden")],
)
async def test_a_question_that_is_not_sent_stays_with_the_reason(
    http: httpx.AsyncClient, owners: Answering, status: int, page_status: int, says: str
) -> None:
    owners.tell("POST", QUESTION, {"title": "no"}, status=status)
    form = {"vraag": "Hoe pak jij dat aan?", "sleutel": str(uuid4()), "akkoord": "1"}
    answer = await http.post(ASKING, data=form)
    assert answer.status_code == page_status
    assert says in answer.text
    assert "Hoe pak jij dat aan?" in answer.text
    empty = await http.post(ASKING, data={"vraag": "  "})
    assert empty.status_code == 422


async def test_recruiters_enter_change_and_delete_trainings(
    staff: httpx.AsyncClient, owners: Answering
) -> None:
    known = TRAININGS[0]
    one = f"/trainings/{known['training_id']}"
    owners.tell("GET", "/trainings", {"items": TRAININGS, "next": None})
    owners.tell("POST", "/trainings", known, status=201)
    owners.tell("GET", one, known, headers={"ETag": '"4"'})
    owners.tell("PUT", one, known)
    owners.tell("DELETE", one, None, status=204)
    listed = (await staff.get("/opleidingen")).text
    assert all(str(training["title"]) in listed for training in TRAININGS)
    assert 'name="key"' in (await staff.get("/opleidingen/nieuw")).text
    made = await staff.post("/opleidingen/nieuw", data={**TRAINING, "key": "k"})
    assert made.headers["location"] == "/opleidingen?meld=bewaard"
    body = {
        **{name: TRAINING[name] for name in ("title", "provider", "url")},
        "days": 3,
        "price_cents": 149550,
        "gives": {"specialisms": [], "certificates": ["prince2"]},
    }
    assert bodies(owners, "POST", "/trainings") == [body]
    path = f"/opleidingen/{known['training_id']}"
    shown = (await staff.get(path)).text
    assert 'value="1495,00"' in shown
    assert 'name="version" value="4"' in shown
    await staff.post(path, data={**TRAINING, "price_cents": "", "version": "4"})
    assert bodies(owners, "PUT", one) == [{**body, "price_cents": None}]
    gone = await staff.post(path, data={"verwijder": "1"})
    assert gone.headers["location"] == "/opleidingen?meld=weg"


async def test_what_is_wrong_in_a_training_stands_at_its_field_and_a_conflict_is_told(
    staff: httpx.AsyncClient, owners: Answering
) -> None:
    faults = [{"pointer": "/url", "detail": "must be"}, {"pointer": "/days", "detail": "must be"}]
    owners.tell("POST", "/trainings", {"errors": faults}, status=422)
    wrong = await staff.post("/opleidingen/nieuw", data={**TRAINING, "days": "veel", "url": "http://x"})
    assert wrong.status_code == 422
    for word in ('id="fault-url"', 'id="fault-days"', 'value="veel"', "begint met https://"):
        assert word in wrong.text
    training_id = uuid4()
    owners.tell("PUT", f"/trainings/{training_id}", {"title": "stale"}, status=412)
    conflict = await staff.post(f"/opleidingen/{training_id}", data={**TRAINING, "version": "1"})
    assert conflict.status_code == 412
    assert "Open de opleiding opnieuw" in conflict.text
    owners.tell("GET", f"/trainings/{training_id}", {"title": "gone"}, status=404)
    assert (await staff.get(f"/opleidingen/{training_id}")).status_code == 404
