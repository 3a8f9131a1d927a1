"""Secrets in what is committed, and in what ever was: blob by blob, each once, and in them line by line
(`detecting`).

detect-secrets asks a service whether what it found is valid unless it is told not to: it is, so nothing that may be a
secret is ever sent anywhere.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ecluse.loop.code.globs import chosen
from ecluse.loop.code.workplace import remove_tree
from ecluse.loop.security.ground import Ground
from ecluse.loop.security.readers.detect_secrets import BINARY, NOTHING, Secretive, Seen, read
from ecluse.loop.security.remembered import Remembered
from ecluse.loop.security.texts import is_drawn, is_lock, lay, shown_as
from ecluse.loop.security.tools import SECRETS_RULES, TOOLS
from ecluse.model.counted import counted
from ecluse.model.finding import Finding, Scan, Unchecked, numbered
from ecluse.model.security import Scanner, Severity
from ecluse.ports.source import Blob

TOOL = TOOLS[Scanner.SECRETS]
PROGRAM = Path(__file__).with_name("detecting.py")
ARGUMENTS = (
    "-I", str(PROGRAM), "scan", "--no-verify", "--all-files",
    "--disable-filter", "detect_secrets.filters.heuristic.is_swagger_file",
)  # fmt: skip
GUESSED = frozenset({"Secret Keyword", "Base64 High Entropy String", "Hex High Entropy String"})
"""By the name of a variable, or by how random a text is: not by the documented shape of a key."""
BATCH = 10_000
BYTES = 64 << 20
"""Of a batch; one that is larger alone is one."""
MANY = 1000
"""To look at takes longer than a moment: said."""
SHALLOW = "this clone lacks a part of the history: fetch all of it (`git fetch --unshallow`; in a CI, a full clone)"


@dataclass(frozen=True, slots=True)
class Piece:
    """A content to look at. What it is called decides how it is read: as YAML, as an INI file, as a lock's hashes."""

    object: str
    path: str

    @property
    def key(self) -> str:
        return f"{self.object}/{self._name}"

    @property
    def file(self) -> str:
        """Where it is laid out to be looked at."""
        return f"{self.object}/{shown_as(self._name)}"

    def telling(self, seen: Seen) -> Seen:
        """Of what was found in it, what says something."""
        if not is_drawn(self._name):
            return seen
        return replace(seen, found=tuple(one for one in seen.found if one.kind not in GUESSED))

    @property
    def _name(self) -> str:
        return self.path.rpartition("/")[2]


async def scan(paths: tuple[str, ...], ground: Ground) -> Scan:
    """UnreadableError, ProblemError: nothing could be looked at."""
    locks = tuple(path for path in paths if is_lock(path))
    paths = tuple(path for path in paths if not is_lock(path))
    here = await asyncio.to_thread(_hashed, ground, paths) if ground.checkout.dirty else await _entries(ground, paths)
    blobs: tuple[Blob, ...] = ()
    unchecked: list[Unchecked] = []
    if ground.policy.history:
        past = await ground.world.source.past(ground.checkout.commit)
        blobs = _not_excluded(past.blobs, ground)
        if not past.whole:
            unchecked.append(Unchecked(scanner=Scanner.SECRETS, place="the history", why=SHALLOW))
    pieces = [Piece(name, path) for path, name in here.items()]
    current = {piece.key for piece in pieces}
    gone = {piece: blob for blob in blobs if (piece := Piece(blob.object, blob.path)).key not in current}
    seen = await _looked_at(pieces, tuple(gone), ground)
    now = [_finding(one, piece.path) for piece in pieces for one in seen[piece.key].found]
    found = _old(gone, seen, now)
    unchecked += _missed(pieces, gone, seen)
    old = {blob.object for blob in blobs}
    binary = {piece.object for piece in (*pieces, *gone) if seen[piece.key].is_binary}
    return Scan(
        scanner=Scanner.SECRETS,
        findings=numbered([*now, *found]),
        unchecked=tuple(unchecked),
        looked=len(({piece.object for piece in pieces} | old) - binary),
        tool=ground.tool(TOOL),
        notes=(
            f"{len(old):,} of the history" if ground.policy.history else "without the history",
            *([f"{counted(len(locks), 'lock file')} left out"] if locks else []),
            *([f"{counted(len(binary), 'binary one')} left out"] if binary else []),
        ),
    )


def _old(gone: Mapping[Piece, Blob], seen: Mapping[str, Seen], now: Iterable[Finding]) -> list[Finding]:
    """What was committed once and isn't there any more. The same secret at several places, or there still, is one."""
    known = {(one.rule, one.anchor) for one in now}
    found = []
    for piece, blob in gone.items():
        for one in seen[piece.key].found:
            finding = _finding(one, blob.path, blob.commit)
            if (finding.rule, finding.anchor) not in known:
                known.add((finding.rule, finding.anchor))
                found.append(finding)
    return found


def _missed(here: Iterable[Piece], gone: Mapping[Piece, Blob], seen: Mapping[str, Seen]) -> list[Unchecked]:
    """Of a path's old contents one stands for all: they are much alike."""
    why = {piece.path: seen[piece.key].missed for piece in here}
    for piece, blob in gone.items():
        if missed := seen[piece.key].missed:
            why[f"{piece.path} in the history"] = f"at {blob.commit[:12]}: {missed}"
    return [Unchecked(scanner=Scanner.SECRETS, place=place, why=text) for place, text in why.items() if text]


async def _entries(ground: Ground, paths: Iterable[str]) -> dict[str, str]:
    wanted = set(paths)
    entries = await ground.world.source.entries(ground.checkout.commit)
    return {entry.path: entry.object for entry in entries if entry.path in wanted and entry.mode != "link"}


def _hashed(ground: Ground, paths: Iterable[str]) -> dict[str, str]:
    """Files of a working tree have no names of objects: one that no object has."""
    files = ((path, ground.tree / path) for path in paths)
    return {path: hashlib.sha256(b"file\0" + file.read_bytes()).hexdigest() for path, file in files if _is_plain(file)}


def _is_plain(file: Path) -> bool:
    return file.is_file() and not file.is_symlink()


def _not_excluded(blobs: Iterable[Blob], ground: Ground) -> tuple[Blob, ...]:
    """Each once by each of its names, at the first of its paths that somebody looks at."""
    listed = tuple(blobs)
    gone = frozenset(chosen([blob.path for blob in listed], ground.policy.exclude)) if ground.policy.exclude else ()
    once: dict[str, Blob] = {}
    for blob in listed:
        if blob.path not in gone and not is_lock(blob.path):
            once.setdefault(Piece(blob.object, blob.path).key, blob)
    return tuple(once.values())


async def _looked_at(here: Sequence[Piece], past: Sequence[Piece], ground: Ground) -> Mapping[str, Seen]:
    """What is in each, by its key; what is known of one from before isn't looked at again. Kept after each batch, since
    the first look at a long history takes minutes, and may be interrupted."""
    rules = f"{ground.world.toolbox.digest(TOOL)} {SECRETS_RULES}"
    remembered = Remembered(ground.world.cache(ground.app.cache), rules)
    known = dict(await asyncio.to_thread(remembered.recall))
    lying = {piece.key: ground.tree / piece.path for piece in here if piece.key not in known}
    new = {piece.key: piece for piece in (*past, *here) if piece.key not in known}
    stored = sorted({piece.object for key, piece in new.items() if key not in lying})
    sizes = dict(await ground.world.source.sizes(stored)) if stored else {}
    sizes |= {piece.object: lying[piece.key].stat().st_size for piece in here if piece.key in lying}
    left = len(new)
    for pieces in _batches(new.values(), sizes):
        if left >= MANY:
            ground.world.reporter.line("security", f"secrets: {left:,} contents are still to be looked at")
        known |= await _batch(pieces, lying, ground)
        await asyncio.to_thread(remembered.keep, known, ground.checkout.commit, ground.world.clock.now())
        left -= len(pieces)
    return known


def _batches(pieces: Iterable[Piece], sizes: Mapping[str, int]) -> Iterator[Sequence[Piece]]:
    """So many at a time that there is room for copies of them."""
    batch: list[Piece] = []
    room = BYTES
    for piece in pieces:
        size = sizes.get(piece.object, 0)
        if batch and (len(batch) == BATCH or size > room):
            yield batch
            batch, room = [], BYTES
        batch.append(piece)
        room -= size
    if batch:
        yield batch


async def _batch(pieces: Sequence[Piece], lying: Mapping[str, Path], ground: Ground) -> dict[str, Seen]:
    """Each content as a file `KEY` of one folder: what it was called above that is no concern of a secret's."""
    folder = ground.scratch / "blobs"
    folder.mkdir()
    try:
        stored = sorted({piece.object for piece in pieces if piece.key not in lying})
        if stored:
            await ground.world.source.contents(stored, folder)
        contents = {piece.file: lying.get(piece.key, folder / piece.object) for piece in pieces}
        looked_at = ground.scratch / "looked-at"
        told = dict.fromkeys(await asyncio.to_thread(_lay_out, contents, looked_at), BINARY)
        if any(looked_at.iterdir()):
            told |= read(await ground.printed(TOOL, *ARGUMENTS, ".", name="python", folder=looked_at))
        return {piece.key: piece.telling(told.get(piece.file, NOTHING)) for piece in pieces}
    finally:
        await asyncio.to_thread(_clear, folder, ground.scratch / "looked-at")


def _lay_out(contents: Mapping[str, Path], folder: Path) -> list[str]:
    """The binary ones, which aren't there."""
    folder.mkdir()
    return [name for name, source in contents.items() if not lay(source, folder / name)]


def _clear(*folders: Path) -> None:
    for folder in folders:
        remove_tree(folder)


def _finding(one: Secretive, path: str, commit: str = "") -> Finding:
    gone = ": it is in the history still, and has to be replaced where it is valid" if commit else ""
    return Finding(
        scanner=Scanner.SECRETS,
        rule=one.kind.lower().replace(" ", "-"),
        severity=Severity.MEDIUM if one.kind in GUESSED else Severity.HIGH,
        message=f"this looks like a secret ({one.kind}){gone}",
        place=path,
        line=one.line,
        anchor=one.hashed,
        commit=commit,
    )
