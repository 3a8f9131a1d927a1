"""HAProxy in front of the hosts."""
