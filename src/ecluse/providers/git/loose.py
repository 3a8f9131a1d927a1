"""Commits without a parent, each of one file: many of them by three questions."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Awaitable, Callable, Iterable, Sequence
from pathlib import Path

CONTENT = "content"
_WHO = "ecluse <ecluse@localhost> 1767225600 +0000"
_QUOTED = {b"\\": rb"\\", b'"': rb"\"", b"\n": rb"\n"}

Ask = Callable[..., Awaitable[bytes]]
"""git, asked: the answer, or an error of the asker's."""


async def commits(ask: Ask, contents: Sequence[bytes | Path]) -> tuple[str, ...]:
    """Their names. Each is made of the content alone, so that whoever keeps the same makes the same."""
    with tempfile.TemporaryDirectory(prefix="ecluse-loose-") as folder:
        paths = [
            one if isinstance(one, Path) else _written(Path(folder, f"{n}"), one) for n, one in enumerate(contents)
        ]
        blobs = await _hashed(ask, paths)
        entries = (f"100644 blob {blob}\t{CONTENT}\n" for blob in blobs)
        trees = (await ask("mktree", "--batch", stdin="\n".join(entries).encode())).decode().split()
        texts = [_written(Path(folder, f"{n}.commit"), _commit(tree)) for n, tree in enumerate(trees)]
        return tuple(await _hashed(ask, texts, "-t", "commit"))


async def _hashed(ask: Ask, paths: Iterable[Path], *options: str) -> list[str]:
    lines = b"".join(b"%s\n" % quoted(os.fsencode(path)) for path in paths)
    return (await ask("hash-object", "-w", *options, "--no-filters", "--stdin-paths", stdin=lines)).decode().split()


def quoted(text: bytes) -> bytes:
    """As git takes it where a colon or an end of line parts one path from the next (git-config(1), core.quotePath)."""
    for plain, escaped in _QUOTED.items():
        text = text.replace(plain, escaped)
    return b'"%s"' % text


def _written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def _commit(tree: str) -> bytes:
    return f"tree {tree}\nauthor {_WHO}\ncommitter {_WHO}\n\n{CONTENT}\n".encode()
