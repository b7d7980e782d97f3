"""The documents: every link leads somewhere, every file that is named exists, and nothing lies outside."""

import re
from collections import Counter
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest

ROOT = Path(__file__).parents[2]
SHOWN = {".github"}  # of the folders whose names begin with a dot, those that are the repository's own
FENCE = re.compile(r"^( *)(```|~~~).*?^ *\2 *$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\[[^\]\n]*\]\(<?([^)\s>]+)>?(?: \"[^\"\n]*\")?\)")
SOURCE = re.compile(r'(?:src|href)="([^"\n]+)"')
HEADING = re.compile(r"^#{1,6} +(.+?) *#*$", re.MULTILINE)
NAMED = re.compile(r"(?<![\w/{.-])[\w-]+(?:/[\w-]+)*\.md\b")
PATH = re.compile(r"[\w.*-]+(?:/[\w.*-]+)*/?")
ENDINGS = {".css", ".csv", ".env", ".html", ".js", ".json", ".md", ".ndjson", ".py", ".sql", ".svg", ".toml"}
ENDINGS |= {".txt", ".yaml", ".yml"}
OURS = {".html", ".md", ".py", ".sql"}  # a name without a folder and with another ending may be anybody's


@cache
def files() -> tuple[Path, ...]:
    """Return every file of the repository, without what tools put beside it."""

    def walk(folder: Path) -> list[Path]:
        found: list[Path] = []
        for entry in sorted(folder.iterdir()):
            if entry.name.startswith(".") and entry.is_dir() and entry.name not in SHOWN:
                continue
            if entry.is_dir() and entry.name != "__pycache__":
                found += walk(entry)
            elif entry.is_file():
                found.append(entry)
        return found

    return tuple(walk(ROOT))


DOCUMENTS = [path for path in files() if path.suffix == ".md"]
NAMES = [str(path.relative_to(ROOT)) for path in DOCUMENTS]


@cache
def bases() -> tuple[Path, ...]:
    """Return the folders from which Python imports: `matching/domain/rules.py` is a path from one of them."""
    sources = (*ROOT.glob("*/src"), *ROOT.glob("*/*/src"))
    return ROOT, ROOT / "tests", *sorted(sources)


@cache
def basenames(folder: Path) -> frozenset[str]:
    return frozenset(path.name for path in files() if path.is_relative_to(folder))


def prose(document: Path) -> str:
    """Return a document without its blocks of code, which hold commands rather than names of files."""
    return FENCE.sub("", document.read_text())


def links(document: Path) -> list[str]:
    text = CODE.sub("", prose(document))
    return [*LINK.findall(text), *SOURCE.findall(text)]


@cache
def anchors(document: Path) -> frozenset[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    seen: Counter[str] = Counter()
    made = set()
    for heading in HEADING.findall(prose(document)):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading)
        anchor = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        made.add(f"{anchor}-{seen[anchor]}" if seen[anchor] else anchor)
        seen[anchor] += 1
    return frozenset(made)


def places(document: Path) -> tuple[Path, ...]:
    """Return where a path that a document names may begin: at the root, beside it, or in a package."""
    own = document.parent
    return own, *(folder for folder in own.glob("src/*") if folder.is_dir()), *bases()


def is_a_path(text: str, document: Path) -> bool:
    """Tell whether code within a line names a file or a folder of the repository."""
    if not PATH.fullmatch(text) or text.startswith("."):
        return False
    first, slash, _ = text.partition("/")
    if not slash:
        return Path(text).suffix in OURS
    return Path(text).suffix in ENDINGS or any((place / first).is_dir() for place in places(document))


def is_there(text: str, document: Path) -> bool:
    if "/" not in text:
        is_a_packages = (document.parent / "pyproject.toml").exists()
        return text in basenames(document.parent if is_a_packages else ROOT)
    return any(next(place.glob(text.rstrip("/")), None) for place in places(document))


def test_there_are_documents() -> None:
    assert {"README.md", "docs/README.md", "deploy/README.md"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_leads_somewhere(name: str) -> None:
    document = ROOT / name
    broken = []
    for link in links(document):
        if re.match(r"[a-z][a-z+.-]*:", link):
            continue
        path, _, anchor = unquote(link).partition("#")
        target = document if not path else document.parent / path
        leads = target.exists() and target.resolve().is_relative_to(ROOT)
        if not leads or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("name", NAMES)
def test_every_file_that_is_named_exists(name: str) -> None:
    document = ROOT / name
    named = {text for text in CODE.findall(prose(document)) if is_a_path(text, document)}
    assert sorted(text for text in named if not is_there(text, document)) == []


@pytest.mark.parametrize("folder", ["contracts", "deploy", "services", "tests"])
def test_every_document_that_code_names_exists(folder: str) -> None:
    code = {".py", ".sh", ".sql", ".toml", ".yaml", ".yml", ""}
    here = [path for path in files() if path.is_relative_to(ROOT / folder) and path.suffix in code]
    lost = [
        f"{path.relative_to(ROOT)}: {name}"
        for path in here
        if path != Path(__file__)
        for name in NAMED.findall(path.read_text())
        if not is_there(name, path)
    ]
    assert lost == []


def test_every_document_is_found_from_the_index() -> None:
    """A page that nothing leads to is not read. Start at docs/README.md and follow the links."""
    reached, left = set(), [ROOT / "docs/README.md"]
    while left:
        document = left.pop()
        if document in reached:
            continue
        reached.add(document)
        paths = [unquote(link).partition("#")[0] for link in links(document)]
        targets = [(document.parent / path).resolve() for path in paths if path and ":" not in path]
        left += [target for target in targets if target.suffix == ".md" and target.is_file()]
    pages = [path for path in DOCUMENTS if path.is_relative_to(ROOT / "docs")]
    assert [str(page.relative_to(ROOT)) for page in pages if page not in reached] == []
