"""Zipapps of our own packages: what runs on a host. The same sources give the same bytes on every machine."""

import importlib
import io
import os
import pkgutil
import zipfile
import zipimport
from typing import Dict, Iterable

_MAIN = '''"""Run %(package)s from this archive."""
import runpy
%(first)s
runpy.run_module("%(package)s", run_name="__main__", alter_sys=True)
'''
_BYTECODE = """
from ecluse.wire.compiled import use_bytecode

use_bytecode(__loader__.archive)"""
_OLDEST = (1980, 1, 1, 0, 0, 0)
"""The one time that every archive can hold."""


def zipapp(entry: str, packages: Iterable[str], *, keeps_bytecode: bool = False) -> bytes:
    """An archive of `packages` (`ecluse.wire`, …) that runs `entry` as `python -m` would.

    It is stored, not compressed: how well zlib compresses depends on its version, and so would the digest. Works
    from a folder and from inside such an archive alike. `keeps_bytecode` (`wire.compiled`) is for one that is named by
    its digest, and has so many modules that compiling them takes longer than looking for what was kept.
    """
    main = _MAIN % {"package": entry, "first": _BYTECODE if keeps_bytecode else ""}
    files = {"__main__.py": main, "ecluse/__init__.py": '__version__ = "%s"\n' % edition()}
    for package in packages:
        files.update(_sources(package))
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            about = zipfile.ZipInfo(name, _OLDEST)
            about.external_attr = 0o644 << 16
            archive.writestr(about, files[name])
    return target.getvalue()


def edition() -> str:
    """The version of Écluse that this code is of, in an archive too."""
    return str(importlib.import_module("ecluse").__version__)


def _sources(package: str) -> Dict[str, str]:
    """The modules of a package by their path in the archive. Packages below it are named by themselves."""
    (folder, *_) = importlib.import_module(package).__path__
    names = ["__init__", *(module.name for module in pkgutil.iter_modules([folder]) if not module.ispkg)]
    return {"%s/%s.py" % (package.replace(".", "/"), name): _source(folder, name) for name in names}


def _source(folder: str, name: str) -> str:
    within = pkgutil.get_importer(folder)
    if isinstance(within, zipimport.zipimporter):
        return str(within.get_source(name))
    with open(os.path.join(folder, name + ".py"), encoding="utf-8") as file:
        return file.read()
