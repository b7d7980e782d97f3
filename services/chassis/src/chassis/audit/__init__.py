"""Who did what: every change, every read of contact data and every bulk read, so that it can be shown later.

An act is a row of `audit_acts`, written in the transaction that does it (`acts`), so there is never one
without the other; of a read it is committed before the answer leaves. Rows hold ids and names of fields,
never a value or somebody's name, and they outlive an erasure. A page that keeps itself up to date says of
whom it shows once an hour what it says (`record_new`).

**The chain.** Beside the requests a job (`chaining`) gives the acts numbers and hashes, in `audit_chain`, and
publishes each link on the topic `audit`; so no request waits for another to have its act written.

*Why no act is missed.* Each act puts a row in `audit_unchained`, by a trigger, so both are committed
together or not at all. The job looks at nothing else: it takes the rows that it sees and deletes each in the
transaction that writes its link. What is not committed yet keeps its row until it is, however much later,
and whatever ids were chained before; no "highest id so far" is remembered that could pass over it. A job
that dies half-way leaves the rows, and of two replicas one has the lock.

*Why a change shows.* A link's hash covers all of its act, its number and the hash before it
(`contracts.chain`). `verifying` makes every hash anew: an act that was changed has another hash than its
link; without its act a link has none; a link that was taken out leaves a gap in the numbers; an act that is
neither in the chain nor waiting has lost its link. Whoever makes the chain anew from there on, or cuts off
its end, has other hashes than those on the topic, which no service can take back, and in profiles' copy of
it, with which they are compared.

*What keeps it.* Triggers refuse to change, delete or truncate; only the database's own `audit_prune` may take
away the oldest acts (`segments`), whole days of them, and it keeps the hash with which the rest goes on.
"""

from chassis.audit.acts import Act, Action, Actor, changed_fields, record, record_new
from chassis.audit.segments import SEGMENT, prune

__all__ = ["SEGMENT", "Act", "Action", "Actor", "changed_fields", "prune", "record", "record_new"]
