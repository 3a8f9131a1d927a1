"""The command line: one file a command, which parses, calls the loop and renders. No decisions."""
