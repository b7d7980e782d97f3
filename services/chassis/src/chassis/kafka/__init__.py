"""The broker: how it is reached, read, written to and how far behind a reader is."""
