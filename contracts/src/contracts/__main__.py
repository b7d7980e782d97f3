"""`python -m contracts` writes the documents in `contracts/`."""

from pathlib import Path

from contracts.documents import write

if __name__ == "__main__":
    write(Path(__file__).parents[2])
