"""Each mutation of the fault suite can be made in the source as it is, and gives code that can be read."""

import ast

import pytest
from faults.mutating import ROOT, edited
from faults.mutations import MUTATIONS, Edit, Mutation


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_mutation_changes_what_the_source_has(mutation: Mutation) -> None:
    texts: dict[str, str] = {}
    for edit in mutation.edits:
        text = texts.get(edit.file) or (ROOT / edit.file).read_text()
        texts[edit.file] = edited(text, edit)
    for text in texts.values():
        ast.parse(text)


def test_a_text_that_the_source_does_not_have_once_is_an_error() -> None:
    for text in ("", "a line a line"):
        with pytest.raises(LookupError, match="file has"):
            edited(text, Edit("file", "a line", ""))


def test_every_mutation_has_a_name_of_its_own() -> None:
    assert len({mutation.name for mutation in MUTATIONS}) == len(MUTATIONS)
