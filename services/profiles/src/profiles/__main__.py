"""`python -m profiles` serves; `python -m profiles migrate` brings the database up to date."""

from chassis.service import main

from profiles import SERVICE
from profiles.app import build
from profiles.republishing import REPUBLICATION
from profiles.settings import ProfilesSettings

if __name__ == "__main__":
    main(SERVICE, ProfilesSettings, build, REPUBLICATION)
