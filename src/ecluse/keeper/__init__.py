"""The host process: sockets, slots, supervision, journal, lease. Standard library and wire alone, Python 3.9."""
