"""The form in which a placement is agreed, changed or ended: filled in, looked at, and then sent for good."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from chassis.database import Pool
from fastapi.responses import HTMLResponse

from desk.domain import placing
from desk.domain.profile_form import Typed
from desk.owners.api import Answer
from desk.pages.shell import PageShell
from desk.store import placements

AWAY = "Dit vastleggen lukt nu even niet. Wat je hebt ingevuld, staat er nog: probeer het zo nog eens."
CAME_BEFORE = "Dit is al vastgelegd, zoals je het eerst verstuurde. Bekijk eerst hoe het nu staat."
REFUSED = "Dit wordt zo niet aangenomen. Kijk de velden na."
REASONS = (  # what the owner says of the whole, and what that means here
    ("all positions", "Alle plekken van deze opdracht zijn vergeven. Er kan niemand meer bij."),
    ("withdrawn", "De opdracht is ingetrokken. Er kan niemand meer geplaatst worden."),
    ("days ago", "De opdracht is te lang geleden gesloten. Er kan niemand meer geplaatst worden."),
    ("draft", "De opdracht is nog een concept. Publiceer hem eerst."),
    ("ended", "Deze plaatsing is intussen geëindigd. Er verandert niets meer aan."),
)
ARRIVES_SECONDS, LOOK_AGAIN_SECONDS = 3.0, 0.05


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """What a form is about. `names`: its fields; `kept`: its hidden ones; `says`: what the definitive button
    does; `warning`: what cannot be taken back."""

    action: str
    back: str
    heading: str
    about: str
    names: tuple[str, ...]
    kept: tuple[str, ...]
    says: str
    warning: str
    hints: dict[str, str] = field(default_factory=dict)

    def show(
        self,
        shell: PageShell,
        typed: Typed,
        *,
        checked: bool = False,
        status: int = 200,
        wrong: dict[str, str] | None = None,
        trouble: str | None = None,
        differences: Sequence[tuple[str, str, str]] = (),
        before: Typed | None = None,
    ) -> HTMLResponse:
        """Render the form, or what it says once more (`checked`). `before`: what is so now."""
        return shell.page(
            "placement_form.html",
            status=status,
            sheet=self,
            typed=typed,
            checked=checked,
            wrong=wrong or {},
            trouble=trouble,
            differences=differences,
            before=before,
            placing=placing,
        )

    def refused(self, shell: PageShell, typed: Typed, answer: Answer) -> HTMLResponse:
        """Render the form with what its owner refuses, at its field or of the whole."""
        if answer.came_before:
            return self.show(shell, typed, status=409, trouble=CAME_BEFORE)
        wrong = {one.pointer: placing.remedy(one.pointer, one.detail) for one in answer.faults}
        of_fields = {name: says for name, says in wrong.items() if name in self.names}
        of_all = next((says for name, says in wrong.items() if name not in self.names), None)
        detail = answer.body.get("detail", "") if isinstance(answer.body, dict) else ""
        if not wrong:
            of_all = next((says for said, says in REASONS if said in str(detail)), REFUSED)
        return self.show(shell, typed, status=answer.status, wrong=of_fields, trouble=of_all)


def is_definitive(sent: Typed) -> bool:
    """Tell whether a form was looked at, and is to be done."""
    return list(sent.get("stap", ())) == ["definitief"] and "pas-aan" not in sent


async def arrived(pool: Pool, answer: Answer) -> None:
    """Wait until the desk has heard of what was done from the topics, so that the next page shows it."""
    placement_id, version = UUID(answer.body["placement_id"]), int(answer.body["version"])
    deadline = asyncio.get_running_loop().time() + ARRIVES_SECONDS
    while asyncio.get_running_loop().time() < deadline:
        async with pool.acquire() as connection:
            if await placements.knows(connection, placement_id, version):
                return
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
