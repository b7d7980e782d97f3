"""When what a service was given as files ends: certificates, and keys of which that is known.

A file that the service reads each time that it connects is measured each time, as it is replaced while the
service runs. Of what it reads at its start that is measured which it then read: the file may long be another,
and who was not restarted since holds what ends.
"""

import os
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from typing import NoReturn, TypeAlias
from urllib.parse import parse_qs, urlsplit

import structlog
from cryptography.x509 import load_pem_x509_certificates

from chassis.jobs import repeat
from chassis.metrics import CREDENTIAL_EXPIRES, UNKNOWN
from chassis.settings import Settings
from chassis.telemetry import where

log = structlog.get_logger()

EVERY_SECONDS = 3600

Ends: TypeAlias = Mapping[str, Callable[[], datetime | None]]
"""By what a credential is called: tells when it ends, None where it does not say."""


def certificates(settings: Settings) -> Ends:
    """Return when the certificates end by which a service knows the broker and its database, and shows itself
    to the latter. The broker's are read at the start, the database's with each connection."""
    of_url = parse_qs(urlsplit(settings.database_url).query)
    files = {
        "postgres_ca": of_url.get("sslrootcert", [os.environ.get("PGSSLROOTCERT")])[-1],
        "postgres_client": of_url.get("sslcert", [os.environ.get("PGSSLCERT")])[-1],
    }
    ends: dict[str, Callable[[], datetime | None]] = {
        name: partial(first_end, Path(file)) for name, file in files.items() if file
    }
    if settings.kafka_ca_file:
        ends["kafka_ca"] = cache(partial(first_end, Path(settings.kafka_ca_file)))
    return ends


def first_end(file: Path) -> datetime:
    """Return when the first of the certificates in a file (PEM) ends."""
    return min(one.not_valid_after_utc for one in load_pem_x509_certificates(file.read_bytes()))


async def keep_measuring(ends: Ends) -> NoReturn:
    """Measure hourly until cancelled."""

    async def step() -> None:
        measure(ends)

    await repeat(step, name="credentials", every=EVERY_SECONDS)


def measure(ends: Ends) -> None:
    """Set the metrics; of what cannot be read they are absent."""
    for name, end_of in ends.items():
        end = None
        try:
            end = end_of()
        except Exception as error:  # whatever is in the file
            log.error("credential cannot be read", credential=name, **where(error))
        CREDENTIAL_EXPIRES.labels(name).set(UNKNOWN if end is None else end.timestamp())
