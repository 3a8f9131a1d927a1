"""Packages made by hand: an index without a network, and projects that build with nothing but themselves."""

import base64
import functools
import hashlib
import io
import os
import subprocess
import tarfile
import zipfile

from uv import find_uv_bin

from ecluse.providers.uv.interpreters import find
from ecluse.providers.uv.toolchain import UvToolchain
from ecluse.system.python import ask
from ecluse.system.store import FolderStore

BACKEND = """
import os, zipfile

NAME, VERSION, REQUIRES, CODE = {name!r}, {version!r}, {requires!r}, {code!r}

def build_wheel(folder, config_settings=None, metadata_directory=None):
    {fails}
    wheel = f"{{NAME}}-{{VERSION}}-py3-none-any.whl"
    info = f"{{NAME}}-{{VERSION}}.dist-info"
    metadata = f"Metadata-Version: 2.1\\nName: {{NAME}}\\nVersion: {{VERSION}}\\n"
    metadata += "".join(f"Requires-Dist: {{one}}\\n" for one in REQUIRES)
    with zipfile.ZipFile(os.path.join(folder, wheel), "w") as archive:
        for path, text in (
            (f"{{NAME}}.py", CODE),
            (f"{{info}}/METADATA", metadata),
            (f"{{info}}/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"),
            (f"{{info}}/RECORD", ""),
        ):
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 2, 0, 0, 0)), text)
    return wheel
"""
PYPROJECT = '[build-system]\nrequires = []\nbuild-backend = "byhand"\nbackend-path = ["."]\n'


def wheel(folder, name, version="1.0", *, requires=(), code="", tag="py3-none-any", needs_python="", module=""):
    """A wheel with one module; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    info = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    needs += f"Requires-Python: {needs_python}\n" if needs_python else ""
    texts = {
        f"{module or name}.py": code or f"VERSION = {version!r}\n",
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: byhand\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{path},{_record(text)}\n" for path, text in texts.items()) + f"{info}/RECORD,,\n"
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name_, text in {**texts, f"{info}/RECORD": record}.items():
            archive.writestr(zipfile.ZipInfo(name_, (2020, 1, 1, 0, 0, 0)), text)
    return path


def project(name, version="1.0", *, requires=(), code="", fails="pass"):
    """The files of a project that builds by a backend of its own, with no index."""
    backend = BACKEND.format(name=name, version=version, requires=tuple(requires), code=code, fails=fails)
    return {"pyproject.toml": PYPROJECT, "byhand.py": backend}


def sdist(folder, name, version="1.0", **about):
    """A source distribution of such a project; returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}.tar.gz"
    needs = "".join(f"Requires-Dist: {one}\n" for one in about.get("requires", ()))
    info = f"Metadata-Version: 2.2\nName: {name}\nVersion: {version}\n{needs}"
    with tarfile.open(path, "w:gz") as archive:
        for file, text in {**project(name, version, **about), "PKG-INFO": info}.items():
            entry = tarfile.TarInfo(f"{name}-{version}/{file}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return path


def write(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def offline_toolchain(home, index, commands, **env):
    """A toolchain that knows the packages of one folder and no network; `index` gets a stand-in for pip."""
    pip = wheel(index, "pip", "99.0")
    return UvToolchain(
        home=home,
        env=offline(home, index) | env,
        commands=commands,
        store=FolderStore(home / "store"),
        ask=asked,
        installer=f"pip==99.0 --hash=sha256:{digest(pip)}",
    )


asked = functools.cache(ask)
"""What an interpreter says of itself is the same in each test; to start all of this machine's takes half a second."""


def offline(home, index):
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "UV_CACHE_DIR": str(home.parent / "uv-cache"),
        "UV_FIND_LINKS": str(index),
        "UV_NO_INDEX": "1",
        "UV_OFFLINE": "1",
    }


def _record(text):
    hashed = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
    return f"sha256={hashed},{len(text.encode())}"


def uv_lock(tree):
    """Let uv write uv.lock, with what it keeps beside the tree."""
    python = find(dict(os.environ), tree.parent / "pythons.json", asked)[0].path
    argv = [find_uv_bin(), "lock", "--quiet", "--offline", "--python", python]
    subprocess.run([*argv, "--cache-dir", str(tree.parent / "cache")], cwd=tree, check=True)
