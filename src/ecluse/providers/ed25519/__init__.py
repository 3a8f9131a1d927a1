"""Ed25519, by the library `cryptography` (an extra)."""
