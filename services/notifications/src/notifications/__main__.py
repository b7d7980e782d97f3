"""`python -m notifications` serves; `python -m notifications migrate` brings the database up to date."""

from chassis.service import main

from notifications.app import build
from notifications.republishing import REPUBLICATION
from notifications.settings import NotificationsSettings

if __name__ == "__main__":
    main("notifications", NotificationsSettings, build, REPUBLICATION)
