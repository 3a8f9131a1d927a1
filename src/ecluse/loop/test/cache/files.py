"""The outputs, the log and the reports of a step, into the cache and out of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from stat import S_IMODE

from ecluse.loop.code.trees import list_files
from ecluse.loop.code.workplace import remove_tree
from ecluse.loop.test.cache.entry import CacheEntry, KeptFile
from ecluse.model.ids import Digest
from ecluse.ports.cache import StepCache, UnreachableError


def keep_outputs(folder: Path, cache: StepCache) -> tuple[KeptFile, ...]:
    """Everything below `folder`, which need not be there. Nothing may write to it any more."""
    return tuple(_kept(folder, path, cache) for path in list_files(folder)) if folder.exists() else ()


def keep_papers(paths: Iterable[Path], cache: StepCache) -> tuple[KeptFile, ...]:
    """Those of the files that have content."""
    return tuple(_kept(path.parent, path.name, cache) for path in paths if path.stat().st_size)


def bring_papers(entry: CacheEntry, cache: StepCache, folder: Path) -> None:
    """Put them into `folder`, as far as they are whole. Safe to repeat: what is there stays."""
    for paper in entry.papers:
        folder.mkdir(parents=True, exist_ok=True)
        if not (folder / paper.path).exists():
            _restored(paper, cache, folder)


def folders_of(folder: Path) -> tuple[str, ...]:
    """Every folder below `folder`, parents first."""
    return tuple(sorted(_folders(folder))) if folder.exists() else ()


def restore(entry: CacheEntry, cache: StepCache, folder: Path) -> bool:
    """Make `folder`, which isn't there, as it was kept. False, and no folder, when something is missing or spoilt; so
    too with UnreachableError, also for what this disk doesn't take."""
    try:
        folder.mkdir(parents=True)
        for path in entry.folders:
            (folder / path).mkdir()
        if all(_restored(file, cache, folder) for file in entry.outputs):
            return True
    except OSError as error:
        remove_tree(folder)
        raise UnreachableError(f"{error.filename or folder}: {error.strerror or error}") from error
    except UnreachableError:
        remove_tree(folder)
        raise
    remove_tree(folder)
    return False


def _kept(folder: Path, path: str, cache: StepCache) -> KeptFile:
    file = folder / path
    if file.is_symlink():
        return KeptFile(path=path, target=os.readlink(file))  # noqa: PTH115 (as it is written, not as Path has it)
    with file.open("rb") as content:
        digest = Digest(f"sha256:{hashlib.file_digest(content, 'sha256').hexdigest()}")
    cache.keep(digest, file)
    status = file.stat()
    return KeptFile(path=path, mode=S_IMODE(status.st_mode), digest=digest, size=status.st_size)


def _restored(file: KeptFile, cache: StepCache, folder: Path) -> bool:
    target = folder / file.path
    if not file.digest:
        target.symlink_to(file.target)
        return True
    if not cache.fetch(file.digest, target):
        return False
    target.chmod(file.mode)
    return True


def _folders(folder: Path) -> Iterator[str]:
    for parent, names, _ in os.walk(folder):
        for name in names:
            if not Path(parent, name).is_symlink():
                yield str(PurePosixPath(os.path.relpath(parent, folder)) / name)
