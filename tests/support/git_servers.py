"""Real git servers on the loopback: git's own http-backend behind a door as a forge's is, sshd, git daemon."""

from __future__ import annotations

import base64
import contextlib
import gzip
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from support.on_loopback import OnLoopback
from support.ports import free_port

PATIENCE = 20
READS, WRITES = "r", "rw"
PROBE = b"0000"
"""git asks so before it sends more than a megabyte (git-config(1), http.postBuffer)."""


def bare(folder, **settings):
    """A bare repository `folder`, whose settings are named as `receive__denyDeletes`."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(folder)], check=True)
    for name, value in settings.items():
        put = ["git", "-C", str(folder), "config", "--add", name.replace("__", "."), value]
        subprocess.run(put, check=True)
    return folder


def hook(repository, name, *lines):
    path = repository / "hooks" / name
    path.write_text("\n".join(("#!/bin/sh", *lines, "")))
    path.chmod(0o755)


def refs(repository, below=""):
    told = ["git", "-C", str(repository), "for-each-ref", "--format=%(refname)", *filter(None, [below])]
    return subprocess.run(told, check=True, capture_output=True, text=True).stdout.split()


def backend():
    """git-http-backend(1), which Debian has in its package git."""
    place = subprocess.run(["git", "--exec-path"], check=True, capture_output=True, text=True).stdout.strip()
    path = Path(place, "git-http-backend")
    if not path.exists():
        pytest.skip("git-http-backend isn't installed (Debian: git)")
    return str(path)


@dataclass
class Doors:
    """`users` are tokens by what they may do, whatever name comes with them; none: everybody may all. `asked` is what
    was asked, `refused` for how many requests there was no token that counts. `acts` by the service they are for, once
    each: `hang` (no answer until it is closed), `cut` (of the request's body, half is passed on and no answer given),
    `lost` (all is passed on, no answer given), a status with a text, or what is done once it is answered."""

    root: object
    users: dict = field(default_factory=dict)
    acts: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    names: set = field(default_factory=set)
    is_closed: bool = False


class GitOverHttp(OnLoopback):
    """The repositories below `root`, by git's smart protocol."""

    def __init__(self, root, **users):
        self.doors = Doors(root, users)
        super().__init__(Served, doors=self.doors, backend=backend(), protocol_version="HTTP/1.1")

    @property
    def pushes(self):
        return [one for one in self.doors.asked if one == ("POST", "git-receive-pack")]

    def address(self, name, user=""):
        return f"{self.url.replace('://', f'://{user}@')}/{name}" if user else f"{self.url}/{name}"

    def close(self):
        self.doors.is_closed = True
        super().close()


class Served(BaseHTTPRequestHandler):
    def do_GET(self):
        self.serve()

    def do_POST(self):
        self.serve()

    def serve(self):
        path, _, query = self.path.partition("?")
        service = query.partition("service=")[2] or path.rpartition("/")[2]
        body = self.body()
        self.doors.asked.append((self.command, service))
        if len(self.headers.get_all("Authorization", [])) > 1:
            self.answer(400, b'Duplicate header: "Authorization"\n')
        elif not self.may(service):
            return
        elif body != PROBE and (act := self.doors.acts.pop((self.command, service), None)):
            self.act(act, path, query, body)
        else:
            self.pass_on(path, query, body)

    def act(self, act, path, query, body):
        if isinstance(act, tuple):
            self.answer(act[0], act[1].encode())
            return
        if callable(act):
            self.pass_on(path, query, body)
            act()
            return
        if act == "hang":
            while not self.doors.is_closed and not select.select([self.connection], [], [], 0.05)[0]:
                pass
        elif act == "cut":
            self.run(path, query, body[: len(body) // 2])
        else:
            self.run(path, query, body)
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")  # else curl asks again
            self.connection.shutdown(socket.SHUT_RDWR)

    def may(self, service):
        if not self.doors.users:
            return True
        kind, _, word = self.headers.get("Authorization", "").partition(" ")
        name, _, token = base64.b64decode(word).decode().partition(":") if kind.lower() == "basic" else ("", "", "")
        rights = self.doors.users.get(token)
        if rights is None:
            self.answer(401, b"who are you?\n", ("WWW-Authenticate", 'Basic realm="forge"'))
        elif service == "git-receive-pack" and rights == READS:
            self.answer(403, b"Write access to repository not granted.\n")
        else:
            self.doors.names.add(name)
            return True
        return False

    def body(self):
        if self.headers.get("Transfer-Encoding") == "chunked":
            found = b"".join(iter(self.chunk, b""))
        else:
            found = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        return gzip.decompress(found) if self.headers.get("Content-Encoding") == "gzip" else found

    def chunk(self):
        found = self.rfile.read(int(self.rfile.readline().split(b";")[0], 16))
        self.rfile.readline()
        return found

    def run(self, path, query, body):
        env = {
            "PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_PROJECT_ROOT": str(self.doors.root),
            "GIT_HTTP_EXPORT_ALL": "1", "REQUEST_METHOD": self.command, "PATH_INFO": path, "QUERY_STRING": query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""), "REMOTE_USER": "forge", "REMOTE_ADDR": "127.0.0.1",
            "GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "safe.directory", "GIT_CONFIG_VALUE_0": "*",
        }  # fmt: skip
        return subprocess.run([self.backend], input=body, env=env, capture_output=True, check=False).stdout

    def pass_on(self, path, query, body):
        head, _, content = self.run(path, query, body).partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().split("\r\n") if ": " in line]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        self.answer(status, content, *((name, value) for name, value in headers if name != "Status"))

    def answer(self, status, content, *headers):
        self.send_response(status)
        for name, value in headers:
            if name != "Content-Length":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


class GitOverSsh:
    """sshd on the loopback with two keys, one of which may only read (a forge's deploy key); `known` is a file of known
    hosts in which it is."""

    def __init__(self, folder):
        self.sshd = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
        if self.sshd is None:
            pytest.skip("sshd isn't installed (Debian: openssh-server)")
        self.folder, self.port = folder, free_port()
        folder.mkdir(mode=0o700)
        if not os.geteuid():
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # as Debian's service makes it
        for name in ("host", READS, WRITES):
            made = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(folder / name)]
            subprocess.run(made, check=True)
        door = folder / "door"
        door.write_text(DOOR)
        door.chmod(0o755)
        allowed = [f'restrict,command="{door} {name}" {self.public(name)}' for name in (READS, WRITES)]
        (folder / "allowed").write_text("\n".join(allowed) + "\n")
        self.known = folder / "known"
        self.known.write_text(f"[127.0.0.1]:{self.port} {self.public('host')}\n")
        (folder / "config").write_text(
            f"Port {self.port}\nListenAddress 127.0.0.1\nHostKey {folder}/host\nPidFile none\nUsePAM no\n"
            f"StrictModes no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n"
            f"AuthorizedKeysFile {folder}/allowed\nMaxStartups 200\n"
        )
        self._log = (folder / "log").open("wb")
        words = [self.sshd, "-D", "-e", "-f", str(folder / "config")]
        self._process = subprocess.Popen(words, stdout=self._log, stderr=self._log)
        await_open(self.port, self._process, folder / "log")

    def public(self, name):
        return (self.folder / f"{name}.pub").read_text().strip()

    def address(self, path):
        return f"ssh://{pwd.getpwuid(os.geteuid()).pw_name}@127.0.0.1:{self.port}{path}"

    def command(self, key, *, known=True):
        """For GIT_SSH_COMMAND."""
        hosts = self.known if known else "/dev/null"
        return (
            f"ssh -F /dev/null -i {self.folder / key} -o IdentitiesOnly=yes -o IdentityAgent=none "
            f"-o UserKnownHostsFile={hosts} -o GlobalKnownHostsFile=/dev/null"
        )

    def close(self):
        end(self._process)
        self._log.close()


DOOR = """\
#!/bin/sh
# What a forge does with a key: git's two services and nothing else.
case "$1 $SSH_ORIGINAL_COMMAND" in
    "r git-receive-pack "*)
        echo "ERROR: The key you are authenticating with has been marked as read only." >&2
        exit 1
        ;;
    *" git-upload-pack "* | "rw git-receive-pack "*) exec git-shell -c "$SSH_ORIGINAL_COMMAND" ;;
    *) exit 1 ;;
esac
"""


class GitDaemon:
    """git-daemon(1), to which everybody may push."""

    def __init__(self, root):
        self.root, self.port = root, free_port()
        self._log = (root / "daemon.log").open("wb")
        words = ["git", "daemon", "--reuseaddr", "--export-all", "--enable=receive-pack", "--listen=127.0.0.1",
                 f"--port={self.port}", f"--base-path={root}", str(root)]  # fmt: skip
        self._process = subprocess.Popen(words, stdout=self._log, stderr=self._log, start_new_session=True)
        await_open(self.port, self._process, root / "daemon.log")

    def address(self, name):
        return f"git://127.0.0.1:{self.port}/{name}"

    def close(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)  # `git` starts `git-daemon`
        self._process.wait()
        self._log.close()


def await_open(port, process, log):
    until = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < until:
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.02)
    pytest.fail(log.read_text())


def end(process):
    process.kill()
    process.wait()
