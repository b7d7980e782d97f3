"""Pure: frozen data and rules; no clock, no I/O, no framework."""
