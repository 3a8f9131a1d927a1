"""The only home of real side effects on this machine: clock, ids, environment, commands, atomic files."""
