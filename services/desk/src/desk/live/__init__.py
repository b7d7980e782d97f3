"""The stream of alerts, live and past."""
