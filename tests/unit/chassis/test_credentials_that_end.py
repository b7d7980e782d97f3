"""It is measured when certificates and keys end that a service was given as files."""

import json
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import trustme
from chassis import credentials
from chassis.settings import Settings
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import CertificateBuilder, Name, random_serial_number
from desk.settings import read_keys, signing_ends
from joserfc.jwk import OKPKey
from notifications.settings import NotificationsSettings
from prometheus_client import REGISTRY
from support.openapi import SETTINGS

SOON, LATER = (datetime(year, 3, 1, tzinfo=UTC) for year in (2027, 2031))


def certificate(ends: datetime) -> bytes:
    key = generate_private_key(SECP256R1())
    made = (
        CertificateBuilder(Name([]), Name([]), key.public_key(), random_serial_number())
        .not_valid_before(ends - timedelta(days=365))
        .not_valid_after(ends)
        .sign(key, SHA256())
    )
    return made.public_bytes(Encoding.PEM)


def expires(credential: str) -> float | None:
    return REGISTRY.get_sample_value("credential_expires_timestamp_seconds", {"credential": credential})


def of_the_broker(file: Path) -> credentials.Ends:
    return credentials.certificates(Settings(**{**SETTINGS, "kafka_ca_file": str(file)}))


def of_the_database(file: Path) -> credentials.Ends:
    url = f"postgresql://a@db/a?sslmode=verify-full&sslrootcert={file}"
    return credentials.certificates(Settings(**{**SETTINGS, "database_url": url}))


def test_of_several_certificates_in_a_file_the_first_counts(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.write_bytes(certificate(LATER) + certificate(SOON))
    credentials.measure(of_the_broker(file))
    assert expires("kafka_ca") == SOON.timestamp()


def test_a_new_one_counts_for_who_connects_with_it_and_not_for_who_was_not_restarted(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    file.write_bytes(certificate(SOON))
    broker, database = of_the_broker(file), of_the_database(file)
    for ends in (broker, database):
        credentials.measure(ends)
    file.write_bytes(certificate(LATER))
    for ends in (broker, database):
        credentials.measure(ends)
    assert (expires("kafka_ca"), expires("postgres_ca")) == (SOON.timestamp(), LATER.timestamp())
    credentials.measure(of_the_broker(file))
    assert expires("kafka_ca") == LATER.timestamp()


def test_what_cannot_be_read_is_not_known(tmp_path: Path) -> None:
    file = tmp_path / "ca.crt"
    trustme.CA().cert_pem.write_to_path(str(file))
    ends = of_the_database(file)
    credentials.measure(ends)
    assert expires("postgres_ca") is not None
    file.write_text("nothing of the kind")
    credentials.measure(ends)
    assert expires("postgres_ca") is None


def test_the_databases_certificates_are_named_in_its_url_or_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, own = tmp_path / "ca.crt", tmp_path / "own.crt"
    authority.write_bytes(certificate(LATER))
    own.write_bytes(certificate(SOON))
    url = f"postgresql://a@db/a?sslmode=verify-full&sslrootcert={authority}"
    monkeypatch.setenv("PGSSLCERT", str(own))
    credentials.measure(credentials.certificates(Settings(**{**SETTINGS, "database_url": url})))
    assert (expires("postgres_ca"), expires("postgres_client")) == (LATER.timestamp(), SOON.timestamp())


def test_a_service_without_certificates_has_none_that_end(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PGSSLCERT", "PGSSLROOTCERT"):
        monkeypatch.delenv(name, raising=False)
    assert credentials.certificates(Settings(**SETTINGS)) == {}


def test_the_key_of_professionals_tokens_may_say_when_it_is_to_be_replaced(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    first, second = (OKPKey.generate_key("Ed25519", {"kid": kid}).as_dict(private=True) for kid in "ab")
    for key, end in ({**first, "exp": int(SOON.timestamp())}, SOON), (first, None):
        file.write_text(json.dumps({"keys": [key, {**second, "exp": int(LATER.timestamp())}]}))
        assert signing_ends(file) == end
        assert [one.kid for one in read_keys(file).keys] == ["a", "b"]
    credentials.measure({"professionals_key": partial(signing_ends, file)})
    assert expires("professionals_key") is None


def test_the_key_that_signs_mails_ends_on_the_day_that_is_set() -> None:
    settings = NotificationsSettings(**{**SETTINGS, "dkim_key_expires": "2027-03-01"})
    assert settings.dkim_key_end == SOON
    assert NotificationsSettings(**{**SETTINGS, "dkim_key_expires": ""}).dkim_key_end is None
