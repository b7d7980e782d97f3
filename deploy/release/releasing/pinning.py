"""`release pin IMAGES KUSTOMIZATION…`: overlays name a release's images by digest."""

import re
from pathlib import Path

from releasing.images import BY_DIGEST, Images
from releasing.repository import Refused


def pin(images: Images, kustomization: Path) -> None:
    """Write the images into an overlay's `images`, a line for each; raises Refused where one is not there.

    An overlay that stands on another, and names none, has them from there.
    """
    text = kustomization.read_text()
    if "name: opdrachten/" not in text:
        return
    for package, image in images.by_package.items():
        found = BY_DIGEST.fullmatch(image)
        assert found is not None
        line = f"- {{ name: opdrachten/{package}, newName: {found['name']}, digest: {found['digest']} }}"
        text, times = re.subn(rf"- {{ name: opdrachten/{package},[^}}\n]*}}", line, text)
        if times != 1:
            raise Refused(
                f"{kustomization} names opdrachten/{package} {times} times under `images`, not once"
            )
    kustomization.write_text(text)
