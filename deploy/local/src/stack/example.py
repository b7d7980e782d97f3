"""The example: opdrachten and professionals over the public APIs."""

from collections.abc import Callable

from stack.layout import Layout


async def load(layout: Layout) -> None:
    """Load the example where the stack is empty."""


async def play(layout: Layout, say: Callable[[str], None]) -> None:
    """Play a small scenario, so that the page lives."""
