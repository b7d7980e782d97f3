"""`PYTHONPATH=docs python -m generator` writes the pages."""

from pathlib import Path

from generator import documents

REFERENCE = Path(__file__).parents[1] / "reference"

if __name__ == "__main__":
    REFERENCE.mkdir(exist_ok=True)
    for name, text in documents().items():
        (REFERENCE / name).write_text(text)
