"""Rehearsals of what can go wrong, on a scratch environment: the command line at work, real faults, strict customers,
and an observer who believes neither journal nor ledger. `ecluse drill` and the fault tests run the same scenarios."""
