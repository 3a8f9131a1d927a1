"""Keep it running: roll back, stop, one-off commands, logs."""
