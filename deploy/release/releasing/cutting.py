"""`release check`, `release cut VERSION`: the changelog is whole, gets the version, and is tagged."""

from datetime import date

from releasing import changelog, notes
from releasing.changelog import UNRELEASED, Section
from releasing.changes import changes, faults
from releasing.repository import Refused, before, git, order_of, released, root

CHANGELOG = "CHANGELOG.md"


def check() -> None:
    """Raise Refused with what the changelog does not say yet of what comes to be released."""
    _checked(_unreleased())


def cut(version: str, today: date) -> str:
    """Write, commit and tag a release; nothing is pushed. Returns what to do next; raises Refused."""
    earlier = released()
    if earlier and order_of(version) <= order_of(earlier[-1]):
        raise Refused(f"{version} does not come after {earlier[-1]}, which is released")
    order_of(version)
    if git("status", "--porcelain", "--untracked-files=no"):
        raise Refused("the working tree has changes that are not committed: a release is of a commit")
    section = _unreleased()
    _checked(section)
    file = root() / CHANGELOG
    file.write_text(changelog.cut(file.read_text(), version, today))
    git("add", str(file))
    git("commit", "--quiet", "--message", f"Release {version}")
    git("tag", "--annotate", f"v{version}", "--cleanup=verbatim", "--message", notes.of(version))
    return f"v{version} is made here. What begins the release: git push --atomic origin HEAD v{version}"


def _unreleased() -> Section:
    section = changelog.section((root() / CHANGELOG).read_text(), UNRELEASED)
    if section is None:
        raise Refused(f"{CHANGELOG} has no heading `## {UNRELEASED}`")
    if not section.body:
        raise Refused(f"nothing stands under `## {UNRELEASED}` in {CHANGELOG}")
    return section


def _checked(section: Section) -> None:
    since = before(None)
    wrong = [*faults(section, changes(since))]
    if wrong:
        lines = "\n".join(f"- {one}" for one in wrong)
        raise Refused(
            f"*Upgrade* under `## {section.name}` does not say all that is new since {since}:\n{lines}"
        )
