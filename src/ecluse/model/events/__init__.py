"""Facts, past tense, never edited. Their class names and fields are the ledger's format: add, never rename.

Fields are text, numbers, booleans, None, and tuples or mappings of those; times are on the record, not in the event. A
file for each subject: a command imports those of which it has something to tell.
"""
