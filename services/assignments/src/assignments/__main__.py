"""`python -m assignments` serves; `python -m assignments migrate` brings the database up to date."""

from chassis.service import main

from assignments import SERVICE
from assignments.app import build
from assignments.republishing import REPUBLICATION
from assignments.settings import AssignmentsSettings

if __name__ == "__main__":
    main(SERVICE, AssignmentsSettings, build, REPUBLICATION)
