"""Makes a mutation in a copy of the source, runs what is to show it, and tells whether the checker saw."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from support.stacks import a_folder_for_all

from faults import runs
from faults.directed import Step
from faults.findings import Findings
from faults.mutations import Edit, Mutation

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Result:
    mutation: Mutation
    seed: int
    findings: Findings
    seconds: float

    @property
    def is_caught(self) -> bool:
        return not self.mutation.kinds.isdisjoint(self.findings.by_kind())

    def line(self) -> str:
        """Return a line of the report."""
        seen = ", ".join(f"{n} x {kind}" for kind, n in self.findings.by_kind().most_common(4)) or "nothing"
        verdict = "caught" if self.is_caught else "NOT CAUGHT"
        return f"{verdict:<10} seed {self.seed} {self.seconds:4.0f} s  {self.mutation.name}: {seen}"


def mutate(mutation: Mutation, folder: Path) -> Path:
    """Copy the services into a folder and make the mutation there; return it. Raises LookupError."""
    shutil.copytree(
        ROOT / "services", folder / "services", ignore=shutil.ignore_patterns("__pycache__", "*.egg-info")
    )
    for edit in mutation.edits:
        file = folder / edit.file
        file.write_text(edited(file.read_text(), edit))
    return folder


def edited(text: str, edit: Edit) -> str:
    """Return a file's text with an edit; raises LookupError where it has the old text not once."""
    if text.count(edit.old) != 1:
        raise LookupError(f"{edit.file} has {text.count(edit.old)} times: {edit.old!r}")
    return text.replace(edit.old, edit.new)


async def run(mutation: Mutation, seed: int, logs: Path | None = None) -> Result:
    """Show a mutation to the checker."""
    with a_folder_for_all("mutation-") as folder:
        source = runs.Source(mutate(mutation, folder), logs)
        if isinstance(mutation.shown_by, Step):
            outcome = await runs.directed([mutation.shown_by], seed, source=source)
        else:
            outcome = await runs.play(mutation.shown_by, seed, mutation.replicas, source=source)
    return Result(mutation, seed, outcome.findings, outcome.seconds)
