"""Forms, read when their route wants them: a link is verified before a byte of its form is taken in."""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from fastapi import Request
from pydantic import BaseModel

M = TypeVar("M", bound=BaseModel)
MAX_FIELDS = 50
MAX_FIELD_BYTES = 64 * 1024  # of a form in parts

Reading = Callable[[], Awaitable[M]]


class FormBody(Generic[M]):
    """A dependency that gives a route what reads its form, as a `model`. Fields that the model does not know
    are ignored; of one that comes twice the last counts; files are refused."""

    def __init__(self, model: type[M]) -> None:
        self.model = model

    async def __call__(self, request: Request) -> Reading[M]:
        """Return a coroutine function that reads the form; it raises ValidationError, or HTTPException: 413
        where it is too large, 400 where files are sent."""

        async def read() -> M:
            async with request.form(
                max_files=0, max_fields=MAX_FIELDS, max_part_size=MAX_FIELD_BYTES
            ) as sent:
                fields = {name: value for name, value in sent.items() if isinstance(value, str)}
            return self.model.model_validate(fields)

        return read
