"""The kinds of values that facts are made of, taken strictly: nothing is converted, nothing is guessed."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from math import isfinite
from typing import Annotated, Any, ClassVar, LiteralString, TypeVar
from unicodedata import normalize

from email_validator import EmailNotValidError, validate_email
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

T = TypeVar("T")
Ordered = TypeVar("Ordered", int, date)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
STORABLE_IS = "must hold no NUL, no half a surrogate pair, finite numbers only, and whole ones of 64 bits"
BREAKS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")  # Unicode's categories Cc, Zl and Zp
FIRST_YEAR, LAST_YEAR = 1900, 9998
WIDEST_OFFSET = timedelta(hours=14)
MAX_ADDRESS = 254  # RFC 5321, with its angle brackets 256
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
RFC3339 = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


class Frozen(BaseModel):
    """A value object. Unknown fields are ignored here, so that contracts can grow; an API forbids them.

    `tolerant`: the lists that stay true where a value that is not known here is dropped (`reading`), as paths
    such as `portfolio/specialisms`. An API refuses such a value.
    """

    model_config = ConfigDict(frozen=True, strict=True, allow_inf_nan=False)

    tolerant: ClassVar[frozenset[str]] = frozenset()


def _storable(text: str) -> str:
    if UNSTORABLE.search(text):
        raise PydanticCustomError("text_storable", "must not contain NUL or half a surrogate pair")
    return text


def _storable_object(value: dict[str, Any]) -> dict[str, Any]:
    if not is_storable(value):
        raise PydanticCustomError("object_storable", STORABLE_IS)
    return value


def is_storable(value: Any) -> bool:
    """Return whether PostgreSQL and every reader of JSON can hold a value of JSON as it is."""
    match value:
        case str():
            return UNSTORABLE.search(value) is None
        case float():
            return isfinite(value)
        case bool():
            return True
        case int():
            return -(2**63) <= value < 2**63
        case dict():
            return all(is_storable(name) and is_storable(found) for name, found in value.items())
        case list():
            return all(map(is_storable, value))
        case _:
            return value is None


def one_line(text: str) -> str:
    """Return a text that is one line, without control characters; raises PydanticCustomError."""
    if BREAKS.search(text):
        raise PydanticCustomError("text_one_line", "must be one line, without control characters")
    return text


def mailing_address(address: str) -> str:
    """Return an address as it is mailed: NFC before the @, and the domain in lower-case ASCII (IDNA 2008).

    Raises ValueError for what is no address. Before the @ it may have letters beyond ASCII (SMTPUTF8).
    """
    try:
        valid = validate_email(
            address, check_deliverability=False, allow_smtputf8=True, test_environment=True
        )
        mailed = f"{valid.local_part}@{valid.ascii_domain}"
        if len(mailed) > MAX_ADDRESS:
            raise EmailNotValidError
    except EmailNotValidError:
        raise PydanticCustomError("email", "must be an e-mail address, such as naam@example.org") from None
    return mailed


def mailbox_key(address: str) -> str:
    """Return what all forms of one mailbox's address share, to compare them by: never to mail to."""
    with suppress(ValueError):  # whatever it is, it has a key
        address = mailing_address(address)
    return normalize("NFC", address.casefold())


def _address(text: str) -> str:
    mailing_address(text)
    return text


def unique(values: list[T]) -> list[T]:
    """Return a list that holds each value once; raises PydanticCustomError."""
    if len(set(values)) != len(values):
        raise PydanticCustomError("unique", "must hold each value once")
    return values


def _text(pattern: re.Pattern[str], parse: Callable[[str], Any], says: LiteralString) -> BeforeValidator:
    """Parse a text here: behind a Python function pydantic's strict types take none, and its own lax
    ones take a number of seconds as text too."""

    def read(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        try:
            if pattern.fullmatch(value) is None:
                raise ValueError
            return parse(value)
        except ValueError:
            raise PydanticCustomError("text_form", says) from None

    return BeforeValidator(read)


def parse_moment(text: str) -> datetime:
    """Read a moment in any form of RFC 3339, or of ISO 8601 that `datetime` reads; raises ValueError.

    Digits beyond the microsecond are dropped, and the leap second :60 is the second after :59.
    """
    try:
        return datetime.fromisoformat(text)  # as nearly all are written
    except ValueError:
        found = RFC3339.fullmatch(text)
    if found is None:
        raise ValueError
    day, minute, second, fraction, zone = found.groups("")
    leap = second == "60"
    moment = datetime.fromisoformat(
        f"{day}T{minute}:{'59' if leap else second}.{fraction[:6]:0<6}{zone.upper()}"
    )
    try:
        return moment + timedelta(seconds=leap)
    except OverflowError:
        raise ValueError from None


def storable_moment(moment: datetime) -> datetime:
    """Return a moment with zone that every part of the platform can hold and reckon with.

    Raises PydanticCustomError (a ValueError). PostgreSQL reads offsets up to 15:59; zones have 14:00 at most.
    """
    if not FIRST_YEAR <= moment.year <= LAST_YEAR:
        raise PydanticCustomError("moment_range", "must lie between the years 1900 and 9998")
    if abs(moment.utcoffset() or timedelta()) > WIDEST_OFFSET:
        raise PydanticCustomError("moment_offset", "must have an offset between -14:00 and +14:00")
    return moment


# For the documents: they say in JSON Schema what the validators check.
EMAIL_SCHEMA = {"type": "string", "format": "email", "maxLength": MAX_ADDRESS}
STORABLE_PATTERN = r"^[^\u0000]*$"
ONE_LINE_PATTERN = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]+$"

Text = Annotated[
    str,
    Field(max_length=10_000, json_schema_extra={"pattern": STORABLE_PATTERN}),
    AfterValidator(_storable),
]
Line = Annotated[
    Text,
    Field(min_length=1, json_schema_extra={"pattern": ONE_LINE_PATTERN}),
    AfterValidator(one_line),
]
Email = Annotated[
    str,
    Field(max_length=MAX_ADDRESS),
    AfterValidator(one_line),
    AfterValidator(_address),
    WithJsonSchema(EMAIL_SCHEMA),
]
PersonKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$")]
SealedText = Annotated[str, Field(max_length=300_000, pattern=r"^[A-Za-z0-9+/]+={0,2}$")]
Day = Annotated[date, _text(DAY, date.fromisoformat, "must be a day, such as 2027-01-31")]
Moment = Annotated[
    AwareDatetime,
    _text(RFC3339, parse_moment, "must be a moment with zone, such as 2027-01-31T12:00:00+01:00"),
    AfterValidator(storable_moment),
]
Unique = Annotated[list[T], AfterValidator(unique), Field(json_schema_extra={"uniqueItems": True})]
UniqueNonEmpty = Annotated[Unique[T], Field(min_length=1)]
WeekHours = Annotated[int, Field(ge=1, le=40)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""SHA-256, in hexadecimal."""
Ordinal = Annotated[int, Field(ge=1, le=2**63 - 1)]
Version = Annotated[int, Field(ge=1, le=2**31 - 1)]
Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
Object = Annotated[dict[str, Any], AfterValidator(_storable_object)]
Points = Annotated[float, Field(ge=0, le=100)]


class Place(Frozen):
    """A place and its coordinates in degrees (WGS 84)."""

    name: Line
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


def at_least(value: Ordered, other: Any, message: LiteralString) -> Ordered:
    """Return `value`, or raise with `message` where it is less than `other` (None never fails)."""
    if other is not None and value < other:
        raise PydanticCustomError("order", message)
    return value
