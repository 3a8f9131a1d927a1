"""What we need from outside: one small Protocol a file, whose docstring is the contract."""
