"""Contents as detect-secrets reads them: what it would pass over without a word gets another name, or other bytes."""

from __future__ import annotations

import codecs
import shutil
from pathlib import Path, PurePosixPath

BINARY = 8000
"""Bytes that are looked at for a NUL, as git does."""
_MARKS = {codecs.BOM_UTF32_LE: "utf-32", codecs.BOM_UTF32_BE: "utf-32", codecs.BOM_UTF16_LE: "utf-16",
          codecs.BOM_UTF16_BE: "utf-16"}  # fmt: skip
"""The longer ones first: UTF-32's begins with UTF-16's."""
_LOCKS = frozenset({"brewfile.lock.json", "cartfile.resolved", "package.resolved", "package-lock.json",
                    "packages.lock.json"})  # fmt: skip
_PASSED_OVER = frozenset({
    ".7z", ".bin", ".bmp", ".bz2", ".class", ".css", ".dmg", ".doc", ".eot", ".exe", ".gif", ".gz", ".ico", ".iml",
    ".ipr", ".iws", ".jar", ".jpeg", ".jpg", ".map", ".mo", ".pdf", ".png", ".prefs", ".psd", ".rar", ".realm", ".s7z",
    ".svg", ".tar", ".tif", ".tiff", ".ttf", ".webp", ".woff", ".xls", ".xlsx", ".zip",
})  # fmt: skip
"""Its own list of what is no text (its filter can't be turned off); much of it is."""
_PLAIN = "text.txt"


def is_lock(path: str) -> bool:
    """A list of hashes that a package manager writes: nothing else looks as random, and nobody types into it."""
    name = PurePosixPath(path).name.lower()
    return name in _LOCKS or name.endswith((".lock", ".sum"))


def is_drawn(name: str) -> bool:
    """Whether a text of this name is full of what looks random or is an example: only the documented shape of a key
    says something there."""
    return PurePosixPath(name).suffix.lower() in _PASSED_OVER or "swagger" in name


def shown_as(name: str) -> str:
    """The name under which detect-secrets looks at it."""
    return _PLAIN if PurePosixPath(name).suffix.lower() in _PASSED_OVER else name


def lay(source: Path, target: Path) -> bool:
    """A copy in UTF-8: another encoding ends the reading of a file. False, and no copy, for what is binary; no copy of
    what is empty."""
    with source.open("rb") as file:
        head = file.read(BINARY)
    marked = next((encoding for mark, encoding in _MARKS.items() if head.startswith(mark)), "")
    if not head:
        return True
    if b"\0" in head and not marked:
        return False
    target.parent.mkdir(exist_ok=True)
    try:
        _copy(source, target, marked or "utf-8", "replace" if marked else "strict")
    except UnicodeError:
        # It has a character for each byte: what is written with letters of ASCII, as keys are, stays what it is.
        _copy(source, target, "latin-1", "strict")
    return True


def _copy(source: Path, target: Path, encoding: str, errors: str) -> None:
    with (
        source.open(encoding=encoding, errors=errors, newline="") as read,
        target.open("w", encoding="utf-8", newline="") as file,
    ):
        shutil.copyfileobj(read, file)
