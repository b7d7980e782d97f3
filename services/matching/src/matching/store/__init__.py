"""What matching knows: profiles and assignments at their latest version, and what became of their pairs.

Locks are taken in one order everywhere: assignments by id, then profiles by id, then matches.
"""
