"""The bytecode of an archive of ours, kept beside it. zipimport keeps none: without it each start compiles again all
that it imports, which takes longer than everything else it does."""

import contextlib
import marshal
import os
import re
import struct
import sys
import zlib
from importlib.machinery import ModuleSpec
from importlib.util import MAGIC_NUMBER
from typing import Any, Dict, NamedTuple, Optional, Tuple

_NAMED_BY_DIGEST = re.compile(r"-[0-9a-f]{64}\.pyz\Z")
"""What lies beside such an archive can't be another one's."""
_HEADER = struct.Struct("<%dsII" % len(MAGIC_NUMBER))
"""The Python that reads it; the length and the CRC-32 of the index, which follows. Then come the codes."""


class _Place(NamedTuple):
    """A module's file in the archive, and where its marshalled code is: after the index, so many bytes, of this sum."""

    file: str
    start: int
    length: int
    crc: int


_Index = Dict[str, _Place]


def use_bytecode(archive: str) -> None:
    """Import what `archive` holds from the bytecode beside it, which is made where it isn't there. Where it can't be
    written, or is damaged, the sources are compiled as ever."""
    path = os.path.realpath(archive)
    if not _NAMED_BY_DIGEST.search(path):
        return
    kept = "%s.%s" % (path[: -len(".pyz")], sys.implementation.cache_tag)
    if _index(kept) is None and not sys.dont_write_bytecode:
        with contextlib.suppress(OSError):
            _write(kept, _all_compiled(path))
    found = _index(kept)
    if found is not None:
        sys.meta_path.insert(0, _Importer(path, kept, *found))


class _Importer:
    """Finds and loads modules that were compiled. `archive` is there as a zipimporter has it."""

    def __init__(self, archive: str, kept: str, index: _Index, base: int) -> None:
        self.archive = archive
        self._kept, self._index, self._base = kept, index, base

    def find_spec(self, name: str, _path: Any = None, _target: Any = None) -> Optional[ModuleSpec]:
        if name not in self._index:
            return None
        file = os.path.join(self.archive, self._index[name].file)
        spec = ModuleSpec(name, self, origin=file)  # type: ignore[arg-type]
        spec.has_location = True
        if _is_package(file):
            spec.submodule_search_locations = [os.path.dirname(file)]
        return spec

    def create_module(self, _spec: ModuleSpec) -> None:
        """A module as any."""

    def exec_module(self, module: Any) -> None:
        exec(self.get_code(module.__name__), module.__dict__)  # noqa: S102

    def get_code(self, name: str) -> Any:
        """Of the source where what is kept is not what the index says: marshal may crash on what is damaged. Another
        start may have written it anew, which never gives the very same bytes."""
        place = self._index[name]
        kept = self._kept_at(place)
        if zlib.crc32(kept) != place.crc:
            return _compile(self.archive, place.file, self.get_source(name))
        return marshal.loads(kept)  # noqa: S302

    def get_source(self, name: str) -> str:
        """For a traceback's lines, too."""
        return _sources(self.archive)[self._index[name].file]

    def _kept_at(self, place: _Place) -> bytes:
        try:
            with open(self._kept, "rb") as file:
                file.seek(self._base + place.start)
                return file.read(place.length)
        except OSError:
            return b""


def _is_package(file: str) -> bool:
    return file.endswith("/__init__.py")


def _compile(archive: str, file: str, source: str) -> Any:
    return compile(source, os.path.join(archive, file), "exec", dont_inherit=True)


def _sources(archive: str) -> Dict[str, str]:
    import zipfile  # noqa: PLC0415  not needed while nothing is new and nothing fails

    with zipfile.ZipFile(archive) as files:
        return {name: files.read(name).decode() for name in files.namelist()}


def _all_compiled(archive: str) -> bytes:
    """All that is in it, as the file that is kept."""
    index, codes = {}, b""
    for file, source in _sources(archive).items():
        code = marshal.dumps(_compile(archive, file, source))
        module = file[: -len("/__init__.py")] if _is_package(file) else file[: -len(".py")]
        index[module.replace("/", ".")] = (file, len(codes), len(code), zlib.crc32(code))
        codes += code
    del index["__main__"]  # the archive's own, which runs us
    listed = marshal.dumps(index)
    return _HEADER.pack(MAGIC_NUMBER, len(listed), zlib.crc32(listed)) + listed + codes


def _index(path: str) -> Optional[Tuple[_Index, int]]:
    """And where the codes begin. None where there is no index that this very Python wrote whole."""
    try:
        with open(path, "rb") as file:
            magic, length, crc = _HEADER.unpack(file.read(_HEADER.size))
            listed = file.read(length)
    except (OSError, struct.error):
        return None
    if magic != MAGIC_NUMBER or zlib.crc32(listed) != crc:
        return None
    index = {module: _Place(*place) for module, place in marshal.loads(listed).items()}  # noqa: S302  as above
    return index, _HEADER.size + length


def _write(path: str, content: bytes) -> None:
    """Whole or not at all; several may do so at a time."""
    fresh = "%s.%d.new" % (path, os.getpid())
    try:
        with open(fresh, "xb") as file:
            file.write(content)
        os.replace(fresh, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(fresh)
        raise
