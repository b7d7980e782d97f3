"""The list of people finds by words whom a plain comparison of every name finds, whatever became of them."""

import random
from datetime import UTC, datetime
from importlib.resources import files
from itertools import pairwise
from unicodedata import combining, normalize
from uuid import UUID

from chassis.database import Pool
from contracts.vocabulary import Level
from desk.domain.finding import Wanted
from desk.store import finding
from support.desks import a_contact, an_erasure, an_event, somebody, tell

NOW = datetime.now(UTC)
FIRST = ("Zoë", "Anna", "ANNE", "José", "Ömer", "Bo", "Jean-Luc", "Maria", "Maaike", "İpek", "Çağla", "Ann")
BETWEEN = ("", "van ", "van de ", "de ", "Van der ", "'t ", "el ")
LAST = (
    "Vries",
    "Hoekstra",
    "Hoekstar",
    "Jansen",
    "Janssen",
    "Jonge-Vries",
    "Ångström",
    "Müller",
    "Vos",
    "Łuczak",
)
LETTERS = "abcdehikorstvzéü "
PEOPLE = 300


def bare(text: str) -> str:
    return "".join(letter for letter in normalize("NFD", text.lower()) if not combining(letter))


def spellings(words: str) -> set[str]:
    """Return words of four letters and more, each also with one letter left out."""
    found = set()
    for word in words.replace("-", " ").split():
        if 4 <= len(word) <= 40:
            found |= {word, *(word[:place] + word[place + 1 :] for place in range(len(word)))}
    return found


def is_meant(typed: str, name: str, email: str) -> bool:
    """Tell whether every word that is typed is a part of a name or an address, or like a word of them."""
    everything = f"{bare(name)} {bare(email)}"
    alike = spellings(f"{bare(name)} {bare(email).partition('@')[0]}")
    words = bare(typed).replace("-", " ").split()
    return all(word in everything or spellings(word) & alike for word in words)


def a_name(rng: random.Random) -> str:
    return f"{rng.choice(FIRST)} {rng.choice(BETWEEN)}{rng.choice(LAST)}"


def typed_of(rng: random.Random, name: str) -> str:
    """Return what somebody may type who looks for a name: a part of it, in any case, a letter wrong."""
    words = name.split(" ")
    typed = " ".join(rng.sample(words, rng.randint(1, len(words))))
    place = rng.randrange(len(typed))
    match rng.randrange(6):
        case 0:
            typed = typed[: place + 1]
        case 1:
            typed = typed[:place] + rng.choice(LETTERS) + typed[place + 1 :]
        case 2:
            typed = typed[:place] + typed[place + 1 :]
        case 3:
            typed = typed[:place] + typed[place:][:2][::-1] + typed[place + 2 :]
        case 4:
            typed = typed[:place] + rng.choice(LETTERS) + typed[place:]
    return rng.choice([typed, typed.lower(), typed.upper()])


async def found(pool: Pool, wanted: Wanted) -> list[UUID]:
    """Return everybody on the pages of the list, which holds nobody twice and as many as it says."""
    people: list[UUID] = []
    page, total = 1, 1
    async with pool.acquire() as connection:
        while len(people) < total:
            lines, total = await finding.found(connection, wanted, page, NOW)
            assert lines or not total
            people += [line.profile_id for line in lines]
            page += 1
    assert len(set(people)) == len(people) == total
    return people


async def a_crowd(pool: Pool, rng: random.Random) -> dict[UUID, tuple[str, str, Level]]:
    people = {}
    for number in range(PEOPLE):
        name, email, level = a_name(rng), f"Gevonden{number}.vries@EXAMPLE.org", rng.choice(list(Level))
        people[await somebody(pool, name, email, level=level)] = (name, email, level)
    return people


async def test_words_find_whom_a_plain_comparison_finds(pool: Pool) -> None:
    rng = random.Random(16)
    people = await a_crowd(pool, rng)
    fixed = ["van", "de", "VAN DE", "o", "'t", "vries@", "@example", "gevonden1", "gevonden12", "zoë van"]
    for typed in [*fixed, *(typed_of(rng, name) for name, _, _ in rng.choices(list(people.values()), k=80))]:
        level = rng.choice([None, *Level])
        meant = {
            profile_id
            for profile_id, (name, email, at) in people.items()
            if is_meant(typed, name, email) and level in {None, at}
        }
        shown = await found(pool, Wanted(words=typed, level=level))
        assert (typed, level, set(shown)) == (typed, level, meant)
        words = bare(typed).replace("-", " ").split()
        wholly = [all(word in bare(" ".join(people[one][:2])) for word in words) for one in shown]
        assert all(one >= other for one, other in pairwise(wholly)), (
            f"{typed}: who is only like it comes last"
        )


async def test_who_was_known_before_there_was_a_search_is_found_and_nobody_who_is_erased(pool: Pool) -> None:
    rng = random.Random(4)
    ids = [await somebody(pool, a_name(rng)) for _ in range(3)]
    await tell(pool, an_erasure(ids[0], NOW))
    kept = await pool.fetch("SELECT * FROM people_search ORDER BY profile_id")
    assert {row["profile_id"] for row in kept} == set(ids[1:])
    script = (files("desk") / "migrations" / "0005_people_search_filled.sql").read_text()
    await pool.execute("TRUNCATE people_search")
    for _ in range(2):  # it may end half-way, and is run again
        await pool.execute(script)
        assert await pool.fetch("SELECT * FROM people_search ORDER BY profile_id") == kept


async def test_whoever_has_another_name_is_found_by_that_and_whoever_is_erased_by_none(pool: Pool) -> None:
    profile_id = await somebody(pool, "Oude Naam", "oud@example.org")
    other = await somebody(pool, "Oude Buur", "buur@example.org")
    renamed = a_contact(profile_id, 2).model_copy(update={"name": "Nieuw Zeewolde", "email": "n@example.org"})
    await tell(pool, [an_event(renamed, NOW)])
    assert await found(pool, Wanted(words="zewolde")) == [profile_id]
    assert await found(pool, Wanted(words="oude")) == [other]
    erased = an_erasure(profile_id, NOW)
    for told in (erased, [an_event(renamed, NOW)]):
        await tell(pool, told)
        assert await found(pool, Wanted(words="zeewolde")) == []
        assert await pool.fetchval("SELECT array_agg(profile_id) FROM people_search") == [other]
