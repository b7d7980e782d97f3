"""What matching knows: profiles and assignments at their latest version, and what became of their pairs.

Locks are taken in one order everywhere: assignments by id, then profiles by id, then matches by id. So no
two transactions wait for each other. Who holds a match's assignment and profile, the latter at least for
share, as a reconciliation and a decision do, meets nobody at the match itself: an answer holds the assignment
too, and an erasure the profile alone. Those two lock their matches by id.
"""
