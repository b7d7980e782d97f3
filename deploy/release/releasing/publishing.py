"""`release publish VERSION REGISTRY`: builds each image with its bill of materials and its provenance."""

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from releasing.images import BY_DIGEST, PACKAGES, Images
from releasing.repository import Refused, git, order_of, root

# Lists the packages of Debian as well as those of Python; deploy/images/renew asks for a newer one.
SCANNER = "docker/buildkit-syft-scanner:1.12.0@sha256:ae4f3b554449e7e25548e7d8ccc029d17357348e30c6e3df01b92bc93654d6a9"  # noqa: E501 - in one piece, for `renew`


def publish(version: str, registry: str, *, sign: bool, folder: Path | None = None) -> Images:
    """Build and push what is tagged, and sign it by digest; or write OCI archives into a folder instead.

    Raises Refused where the working tree is not exactly the release.
    """
    order_of(version)
    revision = git("rev-parse", "HEAD").strip()
    if git("rev-parse", f"v{version}^{{commit}}").strip() != revision:
        raise Refused(f"this is not v{version}: git switch --detach v{version}")
    if git("status", "--porcelain", "--untracked-files=no"):
        raise Refused("the working tree has changes that are not committed: images are of a commit")
    built = {package: _build(package, version, revision, registry, folder) for package in PACKAGES}
    if sign:
        _run("cosign", "sign", "--yes", "--recursive", *built.values())
    return Images(version, revision, built)


def _build(package: str, version: str, revision: str, registry: str, folder: Path | None) -> str:
    """Return the image by digest; the digest is of the index that holds the image and what is said of it."""
    name = f"{registry}/{package}"
    with TemporaryDirectory() as kept:
        told = Path(kept, "metadata.json")
        _run(
            *("docker", "buildx", "build", "--file", "deploy/images/Dockerfile", "--pull"),
            *("--build-arg", f"PACKAGE={package}"),
            *("--build-arg", f"VERSION={version}"),
            *("--build-arg", f"REVISION={revision}"),
            *("--attest", f"type=sbom,generator={SCANNER}"),
            *("--attest", "type=provenance,mode=max"),
            *("--tag", f"{name}:{version}"),
            *(("--output", f"type=oci,dest={folder / package}.tar") if folder else ("--push",)),
            *("--metadata-file", str(told)),
            ".",
        )
        image = f"{name}@{json.loads(told.read_text()).get('containerimage.digest')}"
    if not BY_DIGEST.fullmatch(image):
        raise Refused(f"docker names no digest of {name}")
    return image


def _run(*command: str) -> None:
    done = subprocess.run(command, cwd=root(), check=False)
    if done.returncode != 0:
        raise Refused(f"{' '.join(command[:3])} failed")
