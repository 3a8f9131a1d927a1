"""Telling people: the release's page at the forge, and the file of changes."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from ecluse.loop.release.boundaries import boundary
from ecluse.loop.release.store import Shelf
from ecluse.model.intent import Intent
from ecluse.ports.forge import Forge
from ecluse.ports.world import World

LONGEST = 120_000
"""Characters of a page. GitHub refuses more than 125,000."""
_HEADING = re.compile(r"(?m)^## ")
_UNRELEASED = re.compile(r"(?mi)^## \[?unreleased\]?.*$")
"""As https://keepachangelog.com has it."""


async def announce(intent: Intent, forge: Forge, shelf: Shelf, folder: Path, world: World) -> str:
    """The address of its page. What is there already stays as it is, whoever wrote it."""
    page = await forge.release(intent.tag)
    if page is None:
        with boundary("announce", world):
            page = await forge.announce(intent.tag, intent.tag, cut(body(intent.notes)))
    for file in intent.files:
        if file.name not in page.files:
            path = await shelf.fetch(file, folder)
            with boundary("attach", world):
                await forge.attach(intent.tag, file.name, path)
    return page.url


def body(notes: str) -> str:
    """Without the heading, which is the page's title."""
    first, _, rest = notes.partition("\n")
    return rest.strip() + "\n" if first.startswith("## ") else notes


def cut(text: str) -> str:
    """What a page can hold; the tag has all of it."""
    if len(text) <= LONGEST:
        return text
    whole_lines = text[:LONGEST].rpartition("\n")[0]
    return f"{whole_lines}\n\nThere is more: the message of the tag has all of it.\n"


def with_entry(text: str, intent: Intent) -> str:
    """The file of changes with the entry of the release above all others, but below what isn't released yet; it is
    there already: the same."""
    heading = intent.notes.partition("\n")[0].strip()
    title = heading if heading.startswith("## ") else f"## {intent.version}"
    told = rf"{re.escape(title)}|## \[?v?{re.escape(intent.version)}\]?(?:[ \t].*)?"
    if re.search(rf"(?m)^(?:{told})\s*$", text):
        return text
    entry = f"{title}\n\n{body(intent.notes).strip()}\n"
    unreleased = _UNRELEASED.search(text)
    found = _HEADING.search(text, unreleased.end() if unreleased else 0)
    if found is None:
        return f"{text.rstrip()}\n\n{entry}" if text.strip() else f"# Changes\n\n{entry}"
    return f"{text[: found.start()]}{entry}\n{text[found.start() :]}"


def write_entry(path: Path, root: Path, intent: Intent) -> bool:
    """Whether it had to be written. Ends of lines, rights and a link stay as they are. OSError or ValueError when it
    can't be read or written, or lies outside of `root`."""
    file = path.resolve()
    file.relative_to(root.resolve())
    data = file.read_bytes() if file.exists() else b""
    ends = "\r\n" if b"\r\n" in data else "\n"
    text = data.decode("utf-8").replace("\r\n", "\n")
    told = with_entry(text, intent)
    if told == text:
        return False
    fresh = file.with_name(f".{file.name}.new")
    fresh.parent.mkdir(parents=True, exist_ok=True)
    try:
        fresh.write_text(told, encoding="utf-8", newline=ends)
        if file.exists():
            shutil.copymode(file, fresh)
        fresh.replace(file)
    finally:
        fresh.unlink(missing_ok=True)
    return True
