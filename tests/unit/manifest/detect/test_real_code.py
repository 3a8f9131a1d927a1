"""Every reader over code that nobody wrote for it: the standard library, and packages that are installed here."""

import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from ecluse.loop.code.checkout import reader
from ecluse.manifest.detect import READERS
from ecluse.manifest.detect.tree import Tree

pytestmark = pytest.mark.once
LIBRARY = Path(os.__file__).parent
FOLDERS = [
    *(LIBRARY / name for name in ("asyncio", "email", "http", "unittest", "wsgiref", "xmlrpc")),
    *(
        Path(find_spec(name).origin).parent
        for name in ("flask", "hypothesis", "packaging", "pydantic", "_pytest", "werkzeug")
    ),
]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_no_reader_fails_on_it(folder):
    files = tuple(sorted(str(path.relative_to(folder)) for path in folder.rglob("*.py")))
    tree = Tree(paths=files, read=reader(folder))
    for read in READERS:
        list(read(tree))
