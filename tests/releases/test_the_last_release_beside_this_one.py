"""The last release's own code beside this one: on one schema, with each other's rows and events."""

import random
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from support import last_release
from support.meetings import demanding, mails_to, somebody
from support.ports import SECOND_STACK
from support.side_by_side import Release, SideBySide, both_releases
from support.stacks import Stack, a_folder_for_all, until

# Releases that are out and end on a row that they cannot read, each time they are started: a notice that is
# due, of a kind that they do not know. No code of today can mend that; the row stays as it is.
END_ON_A_ROW_OF_A_NEWER_RELEASE = {"7574e1a"}

TOLD = """
SELECT EXISTS (
    SELECT FROM notices WHERE profile_id = $1 AND assignment_id = $2 AND kind = $3 AND state = 'accepted'
) AS told
"""
# What a release after this one may write: a notice of another kind, due now.
ALLOW_ANY_KIND = """
ALTER TABLE notices DROP CONSTRAINT notices_kind_check
"""
ADD_A_NEWER_NOTICE = """
INSERT INTO notices (notice_id, kind, assignment_id, match_id, profile_id, due_at, caused_at)
SELECT gen_random_uuid(), 'of-a-newer-release', assignment_id, match_id, profile_id, now(), now()
FROM matches JOIN contacts USING (profile_id)
WHERE NOT erased
LIMIT 1
RETURNING notice_id
"""
NEWER_NOTICES = """
SELECT state, attempts FROM notices WHERE kind = 'of-a-newer-release'
"""


@pytest.fixture
async def platform() -> AsyncIterator[SideBySide]:
    with a_folder_for_all("releases-") as folder:
        async with both_releases(SECOND_STACK, folder) as running:
            yield running


def test_what_is_allowed_is_allowed_the_last_release_alone() -> None:
    assert {last_release.name()} >= END_ON_A_ROW_OF_A_NEWER_RELEASE, "the last release is another one now"


@dataclass
class Story:
    """Two professionals and two opdrachten, entered at two stacks in turn, and what becomes of them."""

    platform: SideBySide
    name: str
    one: Release
    other: Release

    async def tell(self) -> None:
        """Go through a whole life over both stacks; what is asked of one is what the other was told."""
        self.here, self.there = self.platform.stack(self.one), self.platform.stack(self.other)
        await self._enter()
        await self._match()
        await self._answer()
        await self._change()
        await self._decide()
        await self._end()

    async def _enter(self) -> None:
        rng = random.Random(self.name)
        self.people: dict[str, str] = {}  # profile id → address
        self.opened: list[str] = []
        for number, stack in enumerate((self.here, self.there)):
            body = somebody(rng, f"{self.name}{number}")
            made = await stack.post("profiles", "/profiles", body)
            self.people[made.json()["profile_id"]] = body["contact"]["email"]
            opdracht = {**demanding(rng), "title": f"{self.name} {number}", "urgency": "spoed"}
            opened = await stack.post("assignments", "/assignments", opdracht)
            self.opened.append(opened.json()["assignment_id"])

    async def _match(self) -> None:
        for stack in (self.here, self.there):
            for assignment_id in self.opened:

                async def all_match(stack: Stack = stack, assignment_id: str = assignment_id) -> bool:
                    return {UUID(one) for one in self.people} <= set(await stack.matches(assignment_id))

                await until(all_match, what="everybody matches, as both tell it")
        for profile_id in self.people:
            for assignment_id in self.opened:
                await self._is_told(profile_id, "match", assignment_id)

    async def _is_told(self, profile_id: str, kind: str, assignment_id: str | None = None) -> None:
        """Wait until somebody has the mail of a kind on an opdracht (the first), whoever sent it."""

        async def is_told() -> bool:
            about = (UUID(profile_id), UUID(assignment_id or self.opened[0]), kind)
            (row,) = await self.platform.query("notifications", TOLD, *about)
            return bool(row["told"])

        await until(is_told, what=f"{kind} is told")

    async def _answer(self) -> None:
        """Each says yes to the first opdracht, on a page of the release that did not enter them."""
        for stack, (profile_id, address) in zip((self.there, self.here), self.people.items(), strict=True):
            mail = (await mails_to(self.here, address, f"{self.name} 0"))[0]
            link = re.search(
                r"http://[^/]+(/m/\S+)\?answer=interested", await self.here.mail_text(mail["id"])
            )
            assert link is not None
            async with httpx.AsyncClient(base_url=stack.layout.url("notifications"), timeout=30) as http:
                assert (await http.get(link[1])).status_code == 200
                assert (await http.post(link[1], data={"answer": "interested"})).status_code == 200
            await self._has_state(profile_id, "interested")
            await self._is_told(profile_id, "answered")

    async def _has_state(self, profile_id: str, state: str) -> None:
        for stack in (self.here, self.there):

            async def has_it(stack: Stack = stack) -> bool:
                match = (await stack.matches(self.opened[0])).get(UUID(profile_id))
                return match is not None and match["state"] == state

            await until(has_it, what=f"the match is {state}, as both tell it")

    async def _change(self) -> None:
        """Another title, which whoever said yes is told; a professional who asks for more, and falls off."""
        async with self.there.client("assignments") as http:
            path = f"/assignments/{self.opened[0]}"
            now = (await http.get(path)).json()
            body = {
                key: value
                for key, value in now.items()
                if key in demanding(random.Random(0)) and key != "open"
            }
            answer = await http.put(
                path, json={**body, "positions": 2}, headers={"If-Match": f'"{now["version"]}"'}
            )
            assert answer.status_code == 200, answer.text

    async def _decide(self) -> None:
        first, second = self.people
        await self._decision(self.here, first, decision="invited", message="Kom je langs?", reason="past")
        await self._has_state(first, "invited")
        await self._decision(self.there, first, decision="reopened", reason="vergissing")
        await self._has_state(first, "interested")
        await self._decision(self.there, first, decision="nominated", reason="past goed")
        await self._has_state(first, "nominated")
        await self._is_told(first, "nominated")
        await self._decision(self.here, second, decision="rejected", reason="vol", reason_code="ervaring")
        await self._is_told(second, "rejected")

    async def _decision(self, stack: Stack, profile_id: str, **decision: str) -> None:
        matches = await stack.matches(self.opened[0])
        await stack.post("matching", f"/matches/{matches[UUID(profile_id)]['match_id']}/decision", decision)

    async def _end(self) -> None:
        """One is erased by one release, and the opdrachten are closed by the other."""
        erased = next(iter(self.people))
        async with self.there.client("profiles") as http:
            assert (await http.delete(f"/profiles/{erased}")).status_code == 204
        for stack in (self.here, self.there):

            async def gone(stack: Stack = stack) -> bool:
                return UUID(erased) not in await stack.matches(self.opened[1])

            await until(gone, what="who is erased matches nothing")
        for assignment_id in self.opened:
            await self.here.post("assignments", f"/assignments/{assignment_id}/close", {"reason": "filled"})
        for stack in (self.here, self.there):
            for assignment_id in self.opened:

                async def closed(stack: Stack = stack, assignment_id: str = assignment_id) -> bool:
                    return not await stack.matches(assignment_id)

                await until(closed, what="nothing matches what is closed")


async def nothing_is_left_behind(platform: SideBySide) -> None:
    async def all_done() -> bool:
        return not await platform.unfinished()

    await until(all_done, what="outboxes and parking are empty")
    assert await platform.dead_letters() == {}


async def test_both_releases_work_on_each_others_rows_and_events(platform: SideBySide) -> None:
    for release in Release:
        await platform.start(release)
    await Story(platform, "Samen", Release.THIS, Release.LAST).tell()
    await Story(platform, "Omgekeerd", Release.LAST, Release.THIS).tell()
    await nothing_is_left_behind(platform)
    assert platform.deaths == []


async def test_the_last_release_goes_on_alone_after_a_rollback_and_leaves_what_it_does_not_know(
    platform: SideBySide,
) -> None:
    await platform.start(Release.THIS)
    await Story(platform, "Ervoor", Release.THIS, Release.THIS).tell()
    await platform.stop(Release.THIS)
    await platform.start(Release.LAST)
    await Story(platform, "Erna", Release.LAST, Release.LAST).tell()
    assert platform.deaths == []

    await nothing_is_left_behind(platform)

    await platform.query("notifications", ALLOW_ANY_KIND)
    assert await platform.query("notifications", ADD_A_NEWER_NOTICE)
    if last_release.name() in END_ON_A_ROW_OF_A_NEWER_RELEASE:

        async def ended() -> bool:
            return platform.deaths[:2] == ["notifications-last"] * 2

        await until(ended, what="it ends each time it is started")
    else:
        await Story(platform, "Daarbij", Release.LAST, Release.LAST).tell()
        assert platform.deaths == []
    assert [tuple(row) for row in await platform.query("notifications", NEWER_NOTICES)] == [("pending", 0)]
