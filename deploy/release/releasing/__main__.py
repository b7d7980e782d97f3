"""`deploy/release/release`: check, cut, notes, publish, pin."""

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from releasing import cutting, images, notes, pinning, publishing
from releasing.repository import Refused


def main() -> int:
    """Do what was asked; return the exit status, 1 where that was refused."""
    options = _parser().parse_args()
    try:
        match options.what:
            case "check":
                cutting.check()
            case "cut":
                print(cutting.cut(options.version, datetime.now(UTC).date()))
            case "notes":
                known = images.read(options.images) if options.images else None
                print(notes.of(options.version, known), end="")
            case "publish":
                built = publishing.publish(
                    options.version, options.registry, sign=options.sign, folder=options.folder
                )
                built.write(options.images)
            case "pin":
                known = images.read(options.images)
                for kustomization in options.kustomizations:
                    pinning.pin(known, kustomization)
    except Refused as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="release", description="Makes a release of a commit.")
    commands = parser.add_subparsers(dest="what", required=True)
    commands.add_parser("check", help="tell what the changelog lacks")
    cut = commands.add_parser("cut", help="put what is unreleased under a version, commit and tag it")
    cut.add_argument("version")
    told = commands.add_parser("notes", help="print a release's notes")
    told.add_argument("version")
    told.add_argument("--images", type=Path, help="what publish wrote")
    publish = commands.add_parser("publish", help="build, push and sign the images of a tag")
    publish.add_argument("version")
    publish.add_argument("registry", help="such as registry.example.org/opdrachten")
    publish.add_argument("--sign", action="store_true", help="sign by cosign, without a key of one's own")
    publish.add_argument("--folder", type=Path, help="write OCI archives there instead of pushing")
    publish.add_argument(
        "--images", type=Path, default=Path("images.json"), help="the digests are written here"
    )
    pin = commands.add_parser("pin", help="name the images by digest in overlays")
    pin.add_argument("images", type=Path, help="what publish wrote")
    pin.add_argument("kustomizations", type=Path, nargs="+")
    return parser


if __name__ == "__main__":
    sys.exit(main())
