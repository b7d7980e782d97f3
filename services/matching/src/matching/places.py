"""Some five hundred places in the Netherlands, by which a province is told (GeoNames, CC BY 4.0)."""

import csv
from importlib.resources import files

from matching.domain.selection import Place


def read_places() -> list[Place]:
    """Read the places that come with this package."""
    text = (files("matching") / "places.csv").read_text(encoding="utf-8")
    return [
        Place(province=row["province"], latitude=float(row["latitude"]), longitude=float(row["longitude"]))
        for row in csv.DictReader(text.splitlines())
    ]
