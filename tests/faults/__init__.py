"""The fault suite: a platform under load that breaks in every way it may, a ledger of what it promised, and a
checker that looks at rest whether the promises hold. `python -m faults` says how it is run.
"""
