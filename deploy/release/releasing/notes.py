"""`release notes VERSION`: what stands in the changelog, what git and the contracts say, and the images."""

from collections.abc import Iterator

from releasing import changelog
from releasing.changes import Changes, changes
from releasing.images import Images
from releasing.repository import Refused, before, released, root

WORKFLOW = ".github/workflows/release.yml"


def of(version: str, images: Images | None = None) -> str:
    """Return a release's notes as Markdown; with its images, once they are published."""
    section = changelog.section((root() / "CHANGELOG.md").read_text(), version)
    if section is None:
        raise Refused(f"CHANGELOG.md has no release {version}")
    since, until = before(version), f"v{version}" if version in released() else None
    lines = [f"# {version}", "", section.body, ""]
    lines += _different(changes(since, until), since)
    if images is not None:
        lines += _published(images)
    return "\n".join(lines).rstrip() + "\n"


def _different(found: Changes, since: str) -> Iterator[str]:
    name = since if since.startswith("v") else f"commit `{since[:7]}`"
    yield f"### What is another than in {name}"
    yield ""
    rows = [
        ("new topics", sorted(found.topics)),
        ("new events", _events(found, found.new)),
        ("changed events", _events(found, found.changed)),
        ("HTTP APIs", sorted(found.apis)),
        *((f"migrations of {service}", names) for service, names in sorted(found.migrations.items())),
    ]
    if not any(names for _, names in rows):
        yield "Neither the contracts nor the tables."
    else:
        yield "| | |"
        yield "| --- | --- |"
        yield from (f"| {what} | {', '.join(names)} |" for what, names in rows if names)
    yield ""


def _events(found: Changes, kinds: frozenset[str]) -> list[str]:
    """Name events with who reads them: they go first."""
    return [
        f"{kind} ({', '.join(sorted(flow.writers))} → {', '.join(sorted(flow.readers)) or 'nobody'})"
        if (flow := found.flows.get(kind))
        else kind
        for kind in sorted(kinds)
    ]


def _published(images: Images) -> Iterator[str]:
    yield "### Images"
    yield ""
    yield f"Of commit `{images.revision}`. Beside each lie its provenance, bill of materials and signature."
    yield ""
    yield "| | |"
    yield "| --- | --- |"
    yield from (f"| {package} | `{image}` |" for package, image in images.by_package.items())
    yield ""
    some = next(iter(images.by_package.values()))
    yield "```sh"
    yield "cosign verify --certificate-oidc-issuer https://token.actions.githubusercontent.com \\"
    yield f"  --certificate-identity-regexp '/{WORKFLOW}@refs/tags/v{images.version}$' {some}"
    yield f"docker buildx imagetools inspect {some} --format '{{{{ json .SBOM.SPDX }}}}'"
    yield f"docker buildx imagetools inspect {some} --format '{{{{ json .Provenance.SLSA }}}}'"
    yield "```"
