"""The ledger of one machine, in one SQLite file."""
