"""What one can learn, where, and what that gives. Pure."""

import re
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from contracts.facts import Cents
from contracts.requests import Certificates, Name, Specialisms, Title
from contracts.values import Frozen, Line
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

WEB_ADDRESS = r"^https://[A-Za-z0-9][A-Za-z0-9.-]*(:[0-9]{1,5})?([/?#][!-~]*)?$"


def _of_the_web(text: str) -> str:
    """Return an address that a browser opens over a safe connection; raises PydanticCustomError."""
    if re.search(WEB_ADDRESS, text, re.ASCII) is None:
        raise PydanticCustomError("url", "must be an address of the web that begins with https://")
    return text


WebAddress = Annotated[
    Line,
    Field(max_length=2000, json_schema_extra={"pattern": WEB_ADDRESS}),
    AfterValidator(_of_the_web),
]


class Gives(Frozen):
    """What somebody has after a training that they did not have before."""

    specialisms: Specialisms = Field(default_factory=list)
    certificates: Certificates = Field(default_factory=list)


class Terms(Frozen):
    """What a training is, where it is told of, how many days it takes, and its price (null: not known)."""

    title: Title
    provider: Name
    url: WebAddress
    days: Annotated[int, Field(ge=1, le=1000)]
    price_cents: Cents | None = None
    gives: Gives


@dataclass(frozen=True)
class Training:
    """A training. `version` rises by one with each change."""

    training_id: UUID
    version: int
    terms: Terms

    def change(self, terms: Terms) -> "Training":
        """Return the training on other terms."""
        return replace(self, version=self.version + 1, terms=terms)
