"""Signatures that need no network."""

from __future__ import annotations

from typing import Protocol


class Signer(Protocol):
    """`key` names the public half, as `Verifier.key` does."""

    @property
    def key(self) -> str: ...

    def sign(self, data: bytes) -> bytes: ...


class Verifier(Protocol):
    @property
    def key(self) -> str: ...

    def agrees(self, signature: bytes, data: bytes) -> bool: ...
