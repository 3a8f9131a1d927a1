"""Scanners as small programs: each prints what the test says, or looks for a word."""

import hashlib
import json
import sys
import zipfile

from ecluse.model.artifact import Wheel, Wheelhouse
from ecluse.model.ids import Digest
from ecluse.model.problem import Problem, ProblemError

LOOKS = f"""#!{sys.executable} -I
import hashlib, json, os
found, missed = {{}}, {{}}
for folder, _, names in os.walk("."):
    for name in names:
        path = os.path.join(folder, name)
        try:
            lines = [] if name.endswith((".css", ".lock")) else open(path, encoding="utf-8").readlines()
        except UnicodeDecodeError:
            lines = []  # as the real one: without a word
        for number, line in enumerate(lines, 1):
            if "TEDIOUS" in line:
                missed[path[2:]] = f"line {{number}}: it takes too long"
            if "SECRET-" in line:
                word = line[line.index("SECRET-"):].strip().encode()
                told = {{"type": "Private Key", "line_number": number, "hashed_secret": hashlib.sha1(word).hexdigest()}}
                found.setdefault(path[2:], []).append(told)
print(json.dumps({{"results": found, "missed": missed}}))
"""


class Tools:
    """Fills ports.toolbox.Toolbox. A tool that wasn't given can't be had."""

    def __init__(self, folder):
        self._folder = folder
        folder.mkdir()
        self.give("detect-secrets", LOOKS)

    def prints(self, tool, document, code=0):
        text = document if isinstance(document, str) else json.dumps(document)
        self.give(tool, f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit {code}\n")

    def give(self, tool, script):
        path = self._folder / tool
        path.write_text(script)
        path.chmod(0o755)

    def version(self, tool):
        return "1.0"

    def digest(self, tool):
        path = self._folder / tool
        return "sha256:" + hashlib.sha256(path.read_bytes() if path.exists() else b"").hexdigest()

    async def program(self, tool, name="", say=None):
        path = self._folder / tool
        if not path.exists():
            raise ProblemError(
                Problem(code="G001", what=f"{tool} could not be fetched", evidence=("offline",), fix="x")
            )
        return path


class Wheels:
    """The part of a toolchain that gives wheels; `metadata` by the name of the wheel's file. `built` are the names of
    those that were built here."""

    def __init__(self, store, metadata, built=()):
        self._store, self._metadata, self._built = store, metadata, built

    async def choose(self, tree, build):
        class Python:
            minor = "3.12"

        return Python()

    async def wheelhouse(self, tree, build, *, servers, identity="", say=None, platform=None):
        wheels = tuple(self._wheel(name, text) for name, text in self._metadata.items())
        no = Wheel(name="pip-1-py3-none-any.whl", digest=Digest(""))
        return Wheelhouse(
            python="3.12", machine="x", libc="y", digest=Digest(""), app=wheels, server=(), pip=no
        )  # fmt: skip

    def _wheel(self, name, text):
        from io import BytesIO

        data = BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr(f"{name.split('-')[0]}-1.dist-info/METADATA", text)
        return Wheel(name=name, digest=self._store.put_bytes(data.getvalue()), built=name in self._built)
