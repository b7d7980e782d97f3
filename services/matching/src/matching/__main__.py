"""`python -m matching` serves; `python -m matching migrate` brings the database up to date."""

from chassis.service import main

from matching.app import build
from matching.republishing import REPUBLICATION
from matching.settings import MatchingSettings

if __name__ == "__main__":
    main("matching", MatchingSettings, build, REPUBLICATION)
