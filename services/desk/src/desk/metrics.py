"""The desk's metrics, each declared once, with what it means to the person on call."""

from prometheus_client import Gauge

STREAMS = Gauge("alert_streams", "Streams of alerts that are open now: about one for each recruiter at work.")
