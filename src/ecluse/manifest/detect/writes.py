"""Paths below the tree that the code writes to while it serves: they are data, whether or not a try writes them.

A path is proposed only if the repository keeps no source there; what can't be followed is a fact too, so that it is
said (`Kind.WRITES`).
"""

from __future__ import annotations

import ast
import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from ecluse.manifest.detect.destinations import Destination, above
from ecluse.manifest.detect.facts import GUESS, LIKELY, Fact, Kind
from ecluse.manifest.detect.following import Guide, last_of
from ecluse.manifest.detect.running import running, working_folder
from ecluse.manifest.detect.scopes import Bound, Scope, Values, all_known, calls
from ecluse.manifest.detect.tree import Tree
from ecluse.manifest.syntax import Module, argument, nodes_of, text_of
from ecluse.model.values import frozen

OPENERS = frozenset(("open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "aiofiles.open"))
FILES = {
    "sqlite3.connect": 0, "sqlite3.dbapi2.connect": 0, "aiosqlite.connect": 0, "shelve.open": 0, "dbm.open": 0,
    "tinydb.TinyDB": 0, "logging.FileHandler": 0, "logging.handlers.WatchedFileHandler": 0,
    "shutil.copy": 1, "shutil.copy2": 1, "shutil.copyfile": 1,
}  # fmt: skip
"""Calls that make a file, with the place of the argument that names it."""
REPLACED = {"shutil.move": 1, "os.rename": 1, "os.replace": 1}
"""Calls that put another file in a file's place: the folder is what must outlive a release, for a link would go."""
ROTATED = {"logging.handlers.RotatingFileHandler": 0, "logging.handlers.TimedRotatingFileHandler": 0}
"""Calls that make a file and later rename it: its folder, if it has one of its own, is what must outlive a release."""
FOLDERS = {"os.makedirs": 0, "os.mkdir": 0, "shutil.copytree": 1, "diskcache.Cache": 0}
METHODS = {"write_text": False, "write_bytes": False, "touch": False, "mkdir": True}
"""Methods of a path; whether they make a folder."""
SAVES = frozenset(("save", "savefig", "to_csv", "to_json", "to_excel", "to_parquet"))
"""Methods that write to their first argument, if that is a path: of an upload, an image, a figure, a table."""
SETTING = re.compile(r"\w*(UPLOAD|MEDIA)\w*_?(FOLDER|DIR|DIRECTORY|ROOT|PATH|DEST)")
"""Settings that name a folder for what users send."""

SOURCE = (".py", ".pyi", ".html", ".htm", ".j2", ".jinja", ".jinja2", ".mako", ".css", ".scss", ".js", ".ts", ".vue",
          ".po", ".mo", ".sql", ".sh")  # fmt: skip
PLACEHOLDERS = (".gitkeep", ".gitignore", ".keep", ".placeholder", "README.md", "README", "README.txt")
SERVED = frozenset(("static", "templates", "assets"))
"""Folders in which every file belongs to the code, whatever its kind."""


@frozen
class Write:
    """`target` is the expression that names what is written."""

    target: ast.expr
    line: int
    is_folder: bool = False
    is_replaced: bool = False
    is_rotated: bool = False
    is_path: bool = True
    """False when it may be anything else: then what can't be followed is no news."""


def read(tree: Tree) -> Iterator[Fact]:
    modules = tuple(tree.modules(""))
    guide, start = Guide(values=all_known(tree)), working_folder(tree)
    for module in running(tree, modules):
        wanders = any(module.origin(call.func) == "os.chdir" for call in module.calls())
        for scope, write in writes(module):
            found = guide.find(scope, write.target)
            place = above(found) if write.is_replaced else found
            if write.is_rotated and found is not None and (folder := above(found)) and has_a_name(folder):
                place, write = folder, replace(write, is_folder=True)  # noqa: PLW2901 (the same write, seen wider)
            is_known = place is None or place.rooted or place.is_outside or not wanders
            yield from fact_of(tree, module, write, settled(place, start or module.folder) if is_known else None)
        yield from settings(tree, module, guide, start or module.folder)


def has_a_name(place: Destination) -> bool:
    return place.whole and not place.is_outside and posixpath.normpath(place.text or ".") != "."


def settled(place: Destination | None, start: str) -> Destination | None:
    """Counted from the repository; `start` is where the app is started."""
    if place is None or place.rooted or place.is_outside or start == ".":
        return place
    return replace(place, text=posixpath.join(start, place.text))


def settings(tree: Tree, module: Module, guide: Guide, start: str) -> Iterator[Fact]:
    """A folder for uploads is one even where a library does the writing."""
    for scope, value in tree.once("folder settings", lambda: list(of_folders(guide.values))):
        if scope.module is module and (place := guide.find(scope, value)) is not None:
            write = Write(target=value, line=value.lineno, is_folder=True, is_path=False)
            yield from fact_of(tree, module, write, settled(place, start))


def of_folders(values: Values) -> Iterator[Bound]:
    for name, bound in values.settings.items():
        yield from bound if SETTING.fullmatch(name) else ()


def writes(module: Module) -> Iterator[tuple[Scope, Write]]:
    """Every call that writes, with the function it stands in; not those of `if __name__ == "__main__"`."""
    guards = (node for node in module.every(ast.If) if any(text_of(each) == "__main__" for each in nodes_of(node.test)))
    guarded = {id(node) for guard in guards for node in nodes_of(guard)}
    for scope, call in calls(module):
        if id(call) not in guarded and (write := write_of(module, call)):
            yield scope, write


def write_of(module: Module, call: ast.Call) -> Write | None:
    origin, method = module.origin(call.func), last_of(call.func)
    receiver = call.func.value if isinstance(call.func, ast.Attribute) else None
    if origin in OPENERS:
        return made(call, call.args[0]) if call.args and for_writing(call, 1) else None
    for table in (FILES, ROTATED, FOLDERS, REPLACED):
        if origin in table and len(call.args) > table[origin]:
            target = call.args[table[origin]]
            write = made(call, target, is_folder=table in (FOLDERS, REPLACED), is_replaced=table is REPLACED)
            return replace(write, is_rotated=table is ROTATED)
    if receiver is None:
        return None
    if method in METHODS:
        return made(call, receiver, is_folder=METHODS[method], is_path=method.startswith("write_"))
    if method == "open" and for_writing(call, 0):
        return made(call, receiver, is_path=False)
    return made(call, call.args[0], is_path=False) if method in SAVES and call.args else None


def made(
    call: ast.Call, target: ast.expr, *, is_folder: bool = False, is_replaced: bool = False, is_path: bool = True
) -> Write:
    return Write(target=target, line=call.lineno, is_folder=is_folder, is_replaced=is_replaced, is_path=is_path)


def for_writing(call: ast.Call, position: int) -> bool:
    return bool(re.fullmatch(r"[rwaxbt+]*[wax+][rwaxbt+]*", text_of(argument(call, position, "mode"))))


def fact_of(tree: Tree, module: Module, write: Write, place: Destination | None) -> Iterator[Fact]:
    """The state that a write shows, or that it could not be followed. A write out of the tree shows nothing."""
    if place is not None and (place.is_outside or ":" in place.text):
        return
    path = "" if place is None or is_word(write, place) else path_of(place, is_folder=write.is_folder)
    if path and place is not None and not holds_source(tree, path):
        kept = next((name for name in tree.paths if is_kept(name, path) and not is_placeholder(name)), "")
        yield Fact(kind=Kind.STATE, value=path, file=module.path, line=write.line, confidence=LIKELY,
                   folder=source_root(module, place),
                   label=f"the first release brings {kept}, later ones don't change it" if kept else "")  # fmt: skip
    elif write.is_path and (write.is_replaced or not write.is_folder or place is None):
        yield Fact(kind=Kind.WRITES, value=path or ast.unparse(write.target)[:60], file=module.path, line=write.line,
                   confidence=GUESS)  # fmt: skip


def is_word(write: Write, place: Destination) -> bool:
    """`cache.save("key")` names no file; `image.save("a.png")` does."""
    return not (write.is_path or write.is_folder) and place.whole and not posixpath.splitext(place.text)[1]


def path_of(place: Destination, *, is_folder: bool) -> str:
    """The narrowest path that holds all that is written; empty when that is the tree itself."""
    path = posixpath.normpath(place.known or ".")
    if path == "." or path.startswith(".."):
        return ""
    return f"{path}/" if is_folder or not place.whole else path


def source_root(module: Module, place: Destination) -> str:
    """Where the code must be imported from for the path to lie in the tree: installed, it has another place."""
    root = module.path.partition("/")[0]
    return root if place.rooted and module.folder == "." and root in {"src", "lib"} else "."


def is_kept(name: str, path: str) -> bool:
    """Whether a file of the commit is that path, or lies in it."""
    return name == path or (path.endswith("/") and name.startswith(path))


def holds_source(tree: Tree, path: str) -> bool:
    """Whether code is kept or made there, which each release must bring anew."""
    if not path.endswith("/"):
        return path.endswith(SOURCE)
    return any(is_source(name) for name in tree.paths if is_kept(name, path))


def is_source(path: str) -> bool:
    *folders, name = path.split("/")
    in_served = not SERVED.isdisjoint(folders)
    return not is_placeholder(path) and (name.endswith(SOURCE) or in_served)


def is_placeholder(path: str) -> bool:
    """It is there so that git carries its folder."""
    return posixpath.basename(path) in PLACEHOLDERS
