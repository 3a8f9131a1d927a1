"""Keys as ssh-keygen(1) or openssl(1) write them."""

from __future__ import annotations

import hashlib
from functools import cached_property

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
    load_ssh_private_key,
    load_ssh_public_key,
)

_OPENSSH = "-----BEGIN OPENSSH PRIVATE KEY-----"


class Ed25519Signer:
    """Fills ports.signing.Signer. The same data gives the same signature (RFC 8032)."""

    def __init__(self, text: str) -> None:
        """ValueError for what is no Ed25519 key without a passphrase."""
        read = load_ssh_private_key if text.lstrip().startswith(_OPENSSH) else load_pem_private_key
        try:
            key = read(text.strip().encode() + b"\n", password=None)
        except (TypeError, UnsupportedAlgorithm) as error:
            raise ValueError(str(error)) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError("it is of another kind")  # noqa: TRY004  of a value, whatever class reads it
        self._key = key

    @cached_property
    def key(self) -> str:
        return named(self._key.public_key())

    def sign(self, data: bytes) -> bytes:
        return self._key.sign(data)


class Ed25519Verifier:
    """Fills ports.signing.Verifier, for the line of a `.pub` file."""

    def __init__(self, line: str) -> None:
        """ValueError for what is no Ed25519 key."""
        try:
            key = load_ssh_public_key(line.encode())
        except UnsupportedAlgorithm as error:
            raise ValueError(str(error)) from error
        if not isinstance(key, Ed25519PublicKey):
            raise ValueError("it is of another kind")  # noqa: TRY004  of a value, whatever class reads it
        self._key = key

    @cached_property
    def key(self) -> str:
        return named(self._key)

    def agrees(self, signature: bytes, data: bytes) -> bool:
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


def named(key: Ed25519PublicKey) -> str:
    """SHA-256 of the key's SubjectPublicKeyInfo."""
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
