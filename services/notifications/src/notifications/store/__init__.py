"""SQL, a store for each table or two. Frozen dataclasses come out; rows stay inside."""
