"""What a professional and a recruiter hear of an opdracht by mail, and what their answers do."""

import random
import re
from collections import Counter
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import httpx
from notifications.domain.schedule import DIGEST_AT
from support.meetings import a_match, demanding, mails_to
from support.stacks import Stack, until
from words.nl import AMSTERDAM


async def test_a_professional_answers_from_the_mail_and_only_posting_counts(stack: Stack) -> None:
    assignment_id, profile_id, address = await a_match(stack, "Antwoord")
    mail = (await until(lambda: mails_to(stack, address, "Antwoord")))[0]
    text = await stack.mail_text(mail["id"])
    assert "DIT PAST" in text
    link = re.search(r"(http://\S+/m/\S+)\?answer=interested", text)
    assert link is not None
    async with httpx.AsyncClient(timeout=30) as http:
        page = await http.get(link[1], params={"answer": "interested"})
        assert page.status_code == 200
        assert "Opdracht voor Antwoord" in page.text
        match = (await stack.matches(assignment_id))[UUID(profile_id)]
        assert "interested" not in await timeline(stack, match["match_id"])
        assert (await http.post(link[1], data={"answer": "misschien"})).status_code == 422
        assert (await http.post(link[1], data={"answer": "interested"})).status_code == 200

        async def interested() -> bool:
            match = (await stack.matches(assignment_id))[UUID(profile_id)]
            return str(match["state"]) == "interested"

        await until(interested)
        answer = await http.post(link[1], data={"answer": "declined", "reason": "te ver"})
        assert answer.status_code == 200

        async def gone() -> bool:
            return UUID(profile_id) not in await stack.matches(assignment_id)

        await until(gone)
        assert (await http.post(link[1], data={"answer": "interested"})).status_code == 200  # the last counts
        forged = link[1][:-3] + "abc"
        assert (await http.get(forged)).status_code == 404
        assert (await http.post(forged, data={"answer": "interested"})).status_code == 404


async def timeline(stack: Stack, match_id: str) -> list[str]:
    """Return what became of a match, as its timeline tells it."""
    async with stack.client("notifications") as http:
        shown = (await http.get(f"/matches/{match_id}/timeline")).json()
    return [step["step"] for step in shown["steps"]]


async def test_whoever_answered_hears_what_became_of_it(stack: Stack) -> None:
    told: dict[str, str] = {}
    for name, decision in {"Voordracht": "nominated", "Afwijzing": "rejected", "Gesloten": None}.items():
        assignment_id, profile_id, address = await a_match(stack, name)
        mail = (await until(partial(mails_to, stack, address, f"Opdracht voor {name}")))[0]
        link = re.search(r"(http://\S+/m/\S+)\?answer=interested", await stack.mail_text(mail["id"]))
        assert link is not None
        async with httpx.AsyncClient(timeout=30) as http:
            assert (await http.post(link[1], data={"answer": "interested"})).status_code == 200
        await until(partial(mails_to, stack, address, "je antwoord is binnen"))
        to_recruiter = f"{name} heeft interesse"
        await until(partial(mails_to, stack, "recruiter@example.org", to_recruiter))
        match_id = (await stack.matches(assignment_id))[UUID(profile_id)]["match_id"]
        if decision is None:
            await stack.post("assignments", f"/assignments/{assignment_id}/close", {"reason": "filled"})
            subject = "de opdracht is ingevuld"
        else:
            body = {"decision": decision, "reason": f"want {name} is een voorbeeld"}
            await stack.post("matching", f"/matches/{match_id}/decision", body)
            subject = {"nominated": "je bent voorgedragen", "rejected": "niet gelukt"}[decision]
        news = (await until(partial(mails_to, stack, address, subject)))[0]
        told[name] = await stack.mail_text(news["id"])
        seen = await timeline(stack, match_id)
        assert seen[:5] == ["opened", "proposed", "notice_match", "interested", "notice_answered"]
        assert {f"notice_{decision or 'closed'}", decision or "filled"} == set(seen[5:])
    assert "je bent voorgedragen bij de opdrachtgever" in told["Voordracht"]
    assert "laat weten dat je deze opdracht niet krijgt" in told["Afwijzing"]
    assert "is een voorbeeld" not in "".join(told.values())  # a decision's reason is internal
    assert "ingevuld" in told["Gesloten"]


async def no_digest_is_near() -> bool:
    """Look whether midnight, and the moment of the day's digests, are more than a minute off."""
    now = datetime.now(AMSTERDAM)
    soon = now + timedelta(minutes=1)
    return soon.date() == now.date() and not now.time() <= DIGEST_AT <= soon.time()


async def test_a_fourth_match_of_a_day_waits_for_the_digest(stack: Stack) -> None:
    await until(no_digest_is_near, seconds=180)
    rng = random.Random("limiet")
    _, profile_id, address = await a_match(stack, "Limiet")
    await until(lambda: mails_to(stack, address, "Limiet"))  # it counts for the limit of those that follow
    for number in range(4):
        body = {**demanding(rng), "title": f"Gewone opdracht {number}", "urgency": "normaal"}
        await stack.post("assignments", "/assignments", body)

    async def outcomes() -> list[str]:
        async with stack.client("notifications") as http:
            items = (await http.get("/deliveries?limit=200")).json()["items"]
        return [i["outcome"] for i in items if i["profile_id"] == profile_id and i["kind"] == "match"]

    async def all_known() -> bool:
        return len(await outcomes()) >= 5 and "sending" not in await outcomes()

    await until(all_known)
    # urgent work passes the limit; once it is mailed, whatever else could go out has gone
    body = {**demanding(rng), "title": "Voorbij de limiet", "urgency": "spoed"}
    await stack.post("assignments", "/assignments", body)
    await until(lambda: mails_to(stack, address, "Voorbij de limiet"))
    await until(all_known)  # a mail that has come may not be noted down yet
    now = Counter(await outcomes())
    assert now["accepted"] >= 4
    assert now["pending"] == now.total() - now["accepted"] > 0
    urgent = len(await mails_to(stack, address, ", spoed: "))
    assert len(await mails_to(stack, address)) == max(4, urgent)


async def test_a_decision_names_the_recruiter_and_a_rejection_is_final(stack: Stack) -> None:
    assignment_id, profile_id, _ = await a_match(stack, "Besluit", frequency="none")
    match_id = (await stack.matches(assignment_id))[UUID(profile_id)]["match_id"]
    async with stack.client("matching") as http:
        path = f"/matches/{match_id}/decision"
        assert (await http.post(path, json={"decision": "nominated"})).status_code == 422
        nominated = await http.post(path, json={"decision": "nominated", "reason": "past goed"})
        assert (nominated.status_code, nominated.json()["state"]) == (200, "nominated")
        rejected = await http.post(path, json={"decision": "rejected", "reason": "toch niet"})
        assert (rejected.status_code, rejected.json()["state"]) == (200, "rejected")
        assert (await http.post(path, json={"decision": "nominated", "reason": "x"})).status_code == 409
        why = (await http.get(f"/assignments/{assignment_id}/why-not/{profile_id}")).json()
    assert why["candidate"] is False
    assert [rule["rule"] for rule in why["rules"] if not rule["holds"]] == ["unanswered"]
    assert UUID(profile_id) not in await stack.matches(assignment_id)

    async with stack.client("desk") as http:

        async def decided() -> bool:
            items = (await http.get("/alerts/history")).json()["items"]
            mine = [
                i["data"]
                for i in items
                if i["data"].get("match_id") == match_id and i["type"] == "MatchDecided.v1"
            ]
            return len(mine) == 2 and {one["decided_by"] for one in mine} == {"t"}

        await until(decided)


async def test_who_wants_no_mail_or_a_higher_score_is_not_mailed(stack: Stack) -> None:
    addresses: dict[str, str] = {}
    unwilling: dict[str, dict[str, Any]] = {"Stil": {"frequency": "none"}, "Hoog": {"min_score": 100}}
    for name, preferences in unwilling.items():
        _, profile_id, addresses[profile_id] = await a_match(stack, name, **preferences)

    async def unwanted() -> bool:
        async with stack.client("notifications") as http:
            items = (await http.get("/deliveries?limit=200")).json()["items"]
        return set(addresses) <= {i["profile_id"] for i in items if i["outcome"] == "unwanted"}

    await until(unwanted)
    for address in addresses.values():
        mails = await mails_to(stack, address, "Opdracht voor")
        assert [await stack.mail_text(mail["id"]) for mail in mails] == []


async def test_the_recruiter_gets_one_summary_of_an_assignments_new_matches(stack: Stack) -> None:
    await a_match(stack, "Samenvatting", frequency="none")

    async def summaries() -> list[str]:
        mails = await mails_to(stack, "recruiter@example.org", "nieuwe match")
        texts = [await stack.mail_text(mail["id"]) for mail in mails]  # each of all opdrachten of a minute
        return [text for text in texts if "\nOpdracht voor Samenvatting\n" in text.replace("\r", "")]

    (text,) = await until(summaries)
    assert "/?assignment=" in text
