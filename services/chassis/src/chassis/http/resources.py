"""What a running service has open for its routes: set by `app.py` in its lifespan, got by `Depends`."""

from dataclasses import dataclass
from typing import Annotated, Protocol

from fastapi import Depends, Request

from chassis.database import Pool


class Consumer(Protocol):
    """What health asks of a consumer."""

    @property
    def joining(self) -> bool:
        """Whether it waits for its first partitions; for a bounded time."""

    @property
    def healthy(self) -> bool:
        """Whether its group has let it in and its polls succeed."""

    @property
    def dead_seconds(self) -> float:
        """How long its loop has been broken; 0 while it is well, and while the broker is away."""

    @property
    def busy_seconds(self) -> float:
        """How long the batch in hand has been worked on; 0 without one."""


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Set as `app.state.resources`. A service whose routes need more extends it by fields of its own."""

    pool: Pool
    consumers: tuple[Consumer, ...] = ()


# Dependencies are coroutines although they await nothing: FastAPI runs a plain function in a thread.
async def resources(request: Request) -> Resources:
    """Return what the service has open."""
    opened: Resources = request.app.state.resources
    return opened


async def pool(opened: Annotated[Resources, Depends(resources)]) -> Pool:
    """Return the pool of the service's own database."""
    return opened.pool


Database = Annotated[Pool, Depends(pool)]
