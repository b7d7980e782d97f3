"""The list of OWASP ASVS leaves nothing out, and what it names as proof is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs/operations/asvs.md").read_text()
REQUIREMENTS = (Path(__file__).parent / "asvs-5.0.0.txt").read_text().splitlines()[1:]
ROWS = re.findall(r"^\| (V\d+\.\d+\.\d+) \| (.*?) \| (.*?) ?\|$", TEXT, re.MULTILINE)
ROW_OF_SOME = r"^\| (V\d+\.\d+\.\d+(?:, V\d+\.\d+\.\d+)*) \| [^|]+ \|$"


def test_each_requirement_is_answered_once_or_does_not_apply() -> None:
    asked = [name for name, _, _ in ROWS]
    apart = [name for some in re.findall(ROW_OF_SOME, TEXT, re.MULTILINE) for name in some.split(", ")]
    assert sorted(asked + apart) == sorted(REQUIREMENTS)


def test_what_is_met_has_proof_and_what_is_not_says_why() -> None:
    for name, here, proof in ROWS:
        assert len(here.removeprefix("**Not met.**").removeprefix("**In part.**").strip()) > 2, name
        assert bool(proof.strip()) != here.startswith("**Not met.**"), name


def test_each_proof_is_a_file_or_a_test_that_is_there_and_nothing_else() -> None:
    for name, _, proof in ROWS:
        cited = re.findall(r"`([^`]+)`", proof)
        assert proof.strip() == ", ".join(f"`{one}`" for one in cited), f"{name}: {proof}"
        for one in cited:
            path, _, function = one.partition("::")
            assert (ROOT / path).is_file(), f"{name}: {path}"
            tests = re.findall(r"^(?:async )?def (test_\w+)\(", (ROOT / path).read_text(), re.MULTILINE)
            assert not function or function in tests, f"{name}: {one}"
            assert tests or not path.startswith("tests/") or path.endswith(".txt"), f"{name}: {path}"
