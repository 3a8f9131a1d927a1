"""Secrets in what is committed, and in what ever was: blob by blob, each once.

detect-secrets asks a service whether what it found is valid unless it is told not to: it is, so nothing that may be a
secret is ever sent anywhere.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ecluse.loop.code.globs import chosen
from ecluse.loop.code.workplace import remove_tree
from ecluse.loop.security.ground import Ground
from ecluse.loop.security.readers.detect_secrets import Secretive, read
from ecluse.loop.security.remembered import Remembered
from ecluse.loop.security.texts import is_drawn, is_lock, lay, shown_as
from ecluse.loop.security.tools import SECRETS_RULES, TOOLS
from ecluse.model.counted import counted
from ecluse.model.finding import Finding, Scan, Unchecked, numbered
from ecluse.model.security import Scanner, Severity
from ecluse.ports.source import Blob

TOOL = TOOLS[Scanner.SECRETS]
ARGUMENTS = (
    "scan", "--no-verify", "--all-files", "--disable-filter", "detect_secrets.filters.heuristic.is_swagger_file"
)  # fmt: skip
GUESSED = frozenset({"Secret Keyword", "Base64 High Entropy String", "Hex High Entropy String"})
"""By the name of a variable, or by how random a text is: not by the documented shape of a key."""
BATCH = 400
BYTES = 64 << 20
"""Of a batch; one that is larger alone is one."""
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

    def telling(self, found: Iterable[Secretive]) -> tuple[Secretive, ...]:
        """Of what was found in it, what says something."""
        return tuple(one for one in found if not (is_drawn(self._name) and one.kind in GUESSED))

    @property
    def _name(self) -> str:
        return PurePosixPath(self.path).name


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
    seen = await _looked_at(pieces, [Piece(blob.object, blob.path) for blob in blobs], ground)
    now = [_finding(one, path) for path, name in here.items() for one in seen[Piece(name, path).key]]
    found = _old(blobs, here, seen, now)
    return Scan(
        scanner=Scanner.SECRETS,
        findings=numbered([*now, *found]),
        unchecked=tuple(unchecked),
        looked=len({piece.object for piece in pieces} | {blob.object for blob in blobs}),
        tool=ground.tool(TOOL),
        notes=(
            f"{len(blobs):,} of the history" if ground.policy.history else "without the history",
            *([f"{counted(len(locks), 'lock file')} left out"] if locks else []),
        ),
    )


def _old(
    blobs: Iterable[Blob], here: Mapping[str, str], seen: Mapping[str, tuple[Secretive, ...]], now: Iterable[Finding]
) -> list[Finding]:
    """What was committed once and isn't there any more. The same secret at several places, or there still, is one."""
    known = {(one.rule, one.anchor) for one in now}
    current = set(here.values())
    found = []
    for blob in blobs:
        if blob.object in current:
            continue
        for one in seen[Piece(blob.object, blob.path).key]:
            finding = _finding(one, blob.path, blob.commit)
            if (finding.rule, finding.anchor) not in known:
                known.add((finding.rule, finding.anchor))
                found.append(finding)
    return found


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
    """Each once, at the first of its paths that somebody looks at."""
    listed = tuple(blobs)
    gone = frozenset(chosen([blob.path for blob in listed], ground.policy.exclude)) if ground.policy.exclude else ()
    once: dict[str, Blob] = {}
    for blob in listed:
        if blob.path not in gone and not is_lock(blob.path):
            once.setdefault(blob.object, blob)
    return tuple(once.values())


async def _looked_at(
    here: Sequence[Piece], past: Sequence[Piece], ground: Ground
) -> Mapping[str, tuple[Secretive, ...]]:
    """What is in each, by its key; what is known of one from before isn't looked at again. Kept after each batch, since
    the first look at a long history takes minutes, and may be interrupted."""
    rules = f"{ground.world.toolbox.digest(TOOL)} {SECRETS_RULES}"
    remembered = Remembered(ground.world.cache(ground.app.cache), rules)
    known = dict(await asyncio.to_thread(remembered.recall))
    lying = {piece.key: piece for piece in here if piece.key not in known}
    gone = {piece.key: piece for piece in past if piece.key not in known and piece.key not in lying}
    sizes = await ground.world.source.sizes(sorted({piece.object for piece in gone.values()})) if gone else {}
    batches = [
        *((pieces, True) for pieces in _batches(lying.values(), {})),
        *((pieces, False) for pieces in _batches(gone.values(), sizes)),
    ]
    left = len(lying) + len(gone)
    for pieces, from_tree in batches:
        if len(batches) > 1:
            ground.world.reporter.line("security", f"secrets: {left:,} contents are still to be looked at")
        known |= await _batch(pieces, ground, from_tree=from_tree)
        await asyncio.to_thread(remembered.keep, known, ground.checkout.commit, ground.world.clock.now())
        left -= len(pieces)
    return known


def _batches(pieces: Iterable[Piece], sizes: Mapping[str, int]) -> Iterator[Sequence[Piece]]:
    """So many at a time that there is room for them: those of the tree lie there anyway, of others copies are made."""
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


async def _batch(pieces: Sequence[Piece], ground: Ground, *, from_tree: bool) -> dict[str, tuple[Secretive, ...]]:
    """Each content as a file `KEY` of one folder: what it was called above that is no concern of a secret's."""
    folder = ground.scratch / "blobs"
    folder.mkdir()
    try:
        if from_tree:
            contents = {piece.file: ground.tree / piece.path for piece in pieces}
        else:
            await ground.world.source.contents(sorted({piece.object for piece in pieces}), folder)
            contents = {piece.file: folder / piece.object for piece in pieces}
        listed = await asyncio.to_thread(_lay_out, contents, ground.scratch / "looked-at")
        told = await _run(ground) if listed else {}
        return {piece.key: piece.telling(told.get(piece.file, ())) for piece in pieces}
    finally:
        await asyncio.to_thread(_clear, folder, ground.scratch / "looked-at")


async def _run(ground: Ground) -> Mapping[str, tuple[Secretive, ...]]:
    printed = await ground.printed(TOOL, *ARGUMENTS, ".", folder=ground.scratch / "looked-at")
    return {path.removeprefix("./"): found for path, found in read(printed).items()}


def _lay_out(contents: Mapping[str, Path], folder: Path) -> int:
    """How many there are: those that are binary hold no text."""
    folder.mkdir()
    return sum(lay(source, folder / name) for name, source in contents.items())


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
