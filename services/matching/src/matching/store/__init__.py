"""Where the two halves meet.

Locks are taken in one order everywhere: assignments by id, then profiles by id.
"""
