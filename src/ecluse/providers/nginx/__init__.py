"""nginx in front of the hosts."""
