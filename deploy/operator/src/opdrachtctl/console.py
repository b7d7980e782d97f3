"""What the operator sees."""

from rich.console import Console

console = Console(highlight=False)
