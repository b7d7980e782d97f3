"""`python -m desk` serves; `python -m desk migrate` brings the database up to date."""

from chassis.republishing import Republication
from chassis.service import main

from desk.app import build
from desk.settings import DeskSettings

if __name__ == "__main__":
    main("desk", DeskSettings, build, Republication(steps={}))  # it publishes nothing
