"""An app whose releases are published: a repository with a remote, an index on the loopback, a relay that fails."""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler

import pytest

from support.on_loopback import OnLoopback
from support.ports import free_port
from support.shop import Shop

BACKEND = '''\
"""Builds with nothing but Python: the same tree gives the same bytes."""
import io, os, tarfile, tomllib, zipfile

TIME = int(os.environ["SOURCE_DATE_EPOCH"])


def _told():
    with open("pyproject.toml", "rb") as file:
        project = tomllib.load(file)["project"]
    name = project["name"].replace("-", "_")
    metadata = f"Metadata-Version: 2.1\\nName: {project['name']}\\nVersion: {project['version']}\\n"
    return name, project["version"], metadata


def build_wheel(folder, config_settings=None, metadata_directory=None):
    name, version, metadata = _told()
    info = f"{name}-{version}.dist-info"
    wheel = "Wheel-Version: 1.0\\nGenerator: byhand\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    with zipfile.ZipFile(os.path.join(folder, f"{name}-{version}-py3-none-any.whl"), "w") as archive:
        for path, text in ((f"{name}.py", f"VERSION = {version!r}\\n"), (f"{info}/METADATA", metadata),
                           (f"{info}/WHEEL", wheel), (f"{info}/RECORD", "")):
            archive.writestr(zipfile.ZipInfo(path, (1980, 1, 2, 0, 0, 0)), text)
    return f"{name}-{version}-py3-none-any.whl"


def build_sdist(folder, config_settings=None):
    name, version, metadata = _told()
    with _gz(os.path.join(folder, f"{name}-{version}.tar.gz")) as archive:
        for path in ("pyproject.toml", "byhand.py"):
            _add(archive, f"{name}-{version}/{path}", open(path, "rb").read())
        _add(archive, f"{name}-{version}/PKG-INFO", metadata.encode())
    return f"{name}-{version}.tar.gz"


def _gz(path):
    import contextlib, gzip

    @contextlib.contextmanager
    def opened():
        with open(path, "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=TIME) as packed:
            with tarfile.open(fileobj=packed, mode="w") as archive:
                yield archive

    return opened()


def _add(archive, name, data):
    member = tarfile.TarInfo(name)
    member.size, member.mtime = len(data), TIME
    archive.addfile(member, io.BytesIO(data))
'''

PYPROJECT = """\
[build-system]
requires = []
build-backend = "byhand"
backend-path = ["."]

[project]
name = "{name}"
version = "0"
"""

MANIFEST = """\
manifest = 1

[app]
name = "shop"

[processes.worker]
command = ["sleep", "1000"]

[build]
install_project = false

[environments.local]

{release}
"""

TO_INDEX = """\
[release.index]
simple = "{index}/simple/"
upload = "{upload}/"
projects = [".", "client"]
username = "INDEX_USER"
password = "INDEX_PASSWORD"
"""


def project(name):
    return {"pyproject.toml": PYPROJECT.format(name=name), "byhand.py": BACKEND}


def open_releasing(folder, release):
    """The repository of an app with a remote; `[release]` and what follows is `release`."""
    root, remote = folder / "shop", folder / "remote.git"
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(remote)], check=True)
    root.mkdir()
    identity = {
        f"GIT_{who}_{what}": "shop@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")
    }
    wanted = ("PATH", "HOME", "PYTHONPATH", "TMPDIR")
    kept = {name: value for name, value in os.environ.items() if name in wanted or name.startswith(("PIP_", "UV_"))}
    env = {**kept, **identity, "NO_COLOR": "1", "GIT_CONFIG_GLOBAL": "/dev/null", "INDEX_USER": "ada",
           "INDEX_PASSWORD": "open sesame"}  # fmt: skip
    shop = Shop(root, 0, env)
    for path, text in project("shop").items():
        shop.write(path, text)
    for path, text in project("shop-client").items():
        shop.write(f"client/{path}", text)
    shop.write("ecluse.toml", MANIFEST.format(release=release))
    shop.write(".gitignore", ".ecluse/\n")
    shop.git("init", "--quiet", "--initial-branch=main")
    shop.commit("feat: first")
    shop.git("remote", "add", "origin", str(remote))
    shop.git("push", "--quiet", "origin", "main")
    return shop


def tags_on_remote(shop):
    said = shop.git("ls-remote", "--tags", "origin")
    return sorted(set(re.findall(r"refs/tags/([^\s^]+)", said)))


class Index:
    """pypiserver, as a program: `pypi-server` in a folder of ECLUSE_TESTS_TOOLS, or on PATH."""

    def __init__(self, folder, *options):
        found = shutil.which("pypi-server", path=f"{os.environ.get('ECLUSE_TESTS_TOOLS', '')}:{os.environ['PATH']}")
        if found is None:
            pytest.skip("pypi-server is not installed (ECLUSE_TESTS_TOOLS names its folder)")
        self.folder, self.port = folder, free_port()
        folder.mkdir()
        argv = [found, "run", "--interface", "127.0.0.1", "--port", str(self.port), "--passwords", ".",
                "--authenticate", ".", "--disable-fallback", *options, str(folder)]  # fmt: skip
        self._log = (folder.parent / "index.log").open("wb")
        self._process = subprocess.Popen(argv, stdout=self._log, stderr=self._log)
        await_answer(f"{self.url}/simple/")

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    @property
    def files(self):
        return sorted(path.name for path in self.folder.iterdir())

    def close(self):
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._log.close()


def await_answer(url):
    until = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).read()
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.05)
        else:
            return


class Relay(OnLoopback):
    """In front of a server: passes everything on, but for the POSTs that `script` has something else for.

    An entry of `script` is for one POST each, in order: `pass`, `500` (nothing passed on), `cut` (nothing passed on, no
    answer) or `lost` (passed on, no answer). What comes after its end is passed on.
    """

    def __init__(self, port, script=()):
        self.script, self.posts = list(script), []
        super().__init__(Passing, port=port, relay=self)


class Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.pass_on()

    def do_POST(self):
        body = self.chunks() if self.headers.get("Transfer-Encoding") == "chunked" else self.whole()
        name = re.search(rb'filename="([^"]+)"', body)
        act = self.relay.script.pop(0) if self.relay.script else "pass"
        self.relay.posts.append((act, name[1].decode() if name else ""))
        if act == "500":
            self.answer(500, [], b"out of order")
        elif act == "cut":
            self.close_connection = True
        else:
            self.pass_on(body, is_silent=act == "lost")

    def whole(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def chunks(self):
        found = b""
        while size := int(self.rfile.readline().split(b";")[0], 16):
            found += self.rfile.read(size)
            self.rfile.readline()
        self.rfile.readline()
        return found

    def pass_on(self, body=None, *, is_silent=False):
        server = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        skipped = {"host", "content-length", "transfer-encoding", "connection"}
        headers = {name: value for name, value in self.headers.items() if name.lower() not in skipped}
        server.request(self.command, self.path, body=body, headers=headers)
        answer = server.getresponse()
        content = answer.read()
        server.close()
        if is_silent:
            self.close_connection = True
        else:
            self.answer(answer.status, answer.getheaders(), content)

    def answer(self, status, headers, content):
        self.send_response(status)
        for name, value in headers:
            if name.lower() in {"content-type", "location", "www-authenticate"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass
