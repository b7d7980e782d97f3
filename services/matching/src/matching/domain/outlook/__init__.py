"""The career view: what the market of the last year says to one professional. Counts, never a prediction."""
