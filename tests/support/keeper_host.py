"""A real keeper in a folder of the test, orders to it, and small apps to run in its slots.

`KEEPER_PYTHON` names the interpreter of the keeper for a whole run of the tests.
"""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from support.ports import free_port

SRC = Path(__file__).resolve().parents[2] / "src"

WEB = """
import http.server, mmap, os, socket

with open(os.environ["ECLUSE_PAGE"], "rb") as page:
    PAGE = mmap.mmap(page.fileno(), 4096, prot=mmap.PROT_READ)

def is_lame():
    return PAGE[8] == 1

class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = os.environ["ECLUSE_VERSION"].encode()
        if is_lame():
            self.close_connection = True
        self.send_response(200)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def log_message(self, *words):
        pass

class Server(http.server.ThreadingHTTPServer):
    def __init__(self):
        super().__init__(("", 0), Answer, bind_and_activate=False)
        self.socket.close()
        if os.environ.get("LISTEN_PID") == str(os.getpid()):
            self.socket = socket.socket(fileno=3)
        else:
            self.socket = socket.create_server((os.environ["HOST"], int(os.environ["PORT"])))

print("started", os.environ["ECLUSE_VERSION"], flush=True)
Server().serve_forever()
"""

WORKER = """
import os, time
print("working", os.environ["ECLUSE_VERSION"], flush=True)
while True:
    time.sleep(60)
"""

DIES = "import sys; print('boom', file=sys.stderr); sys.exit(3)"


class RefusedError(Exception):
    def __init__(self, answer):
        super().__init__("{code}: {message}".format(**answer))
        self.code, self.evidence = answer["code"], answer["evidence"]


class Orders:
    """A blocking client of the orders."""

    def __init__(self, home):
        folder = os.open(home, os.O_RDONLY)
        try:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(60)
            self._socket.connect(f"/proc/self/fd/{folder}/keeper.sock")
        except OSError:
            self._socket.close()
            raise
        finally:
            os.close(folder)
        self._number = 0
        self.grant = None
        self.holder = {
            "id": f"test-{os.getpid()}-{id(self)}",
            "host": "here",
            "pid": os.getpid(),
            "start_time": int(Path("/proc/self/stat").read_text().rpartition(")")[2].split()[19]),
            "boot": Path("/proc/sys/kernel/random/boot_id").read_text().strip(),
            "user": "tester",
            "command": "pytest",
        }

    def take(self, seconds=60):
        taken = self("take", holder=self.holder, seconds=seconds)
        self.grant = {"holder": self.holder, "generation": taken["generation"]}
        return taken

    def __call__(self, order, **args):
        self.send(order, **args)
        while True:
            answer = self.receive()
            if "ok" in answer:
                break
        if not answer["ok"]:
            raise RefusedError(answer)
        return answer["result"]

    def send(self, order, **args):
        self._number += 1
        self.raw(json.dumps({"v": 1, "id": self._number, "order": order, "grant": self.grant, "args": args}).encode())

    def raw(self, data):
        self._socket.sendall(struct.pack(">I", len(data)) + data)

    def receive(self):
        (length,) = struct.unpack(">I", self._exactly(4))
        return json.loads(self._exactly(length))

    def _exactly(self, count):
        data = b""
        while len(data) < count:
            piece = self._socket.recv(count - len(data))
            if not piece:
                raise ConnectionResetError("the keeper closed the connection")
            data += piece
        return data

    def close(self):
        self._socket.close()


class Host:
    """One environment on this machine. `end` leaves nothing of it running."""

    def __init__(self, home, python=""):
        self.home = Path(home)
        self.python = python or os.environ.get("KEEPER_PYTHON", sys.executable)
        self.env = {**os.environ, "PYTHONPATH": str(SRC)}
        self.port = free_port()
        self.idle = None
        self._orders = None
        self._known = set()

    def command(self, *words):
        return [self.python, "-m", "ecluse.keeper", *words]

    def start(self):
        return subprocess.run(
            self.command(
                "run", "--home", str(self.home), "--daemon", *(("--idle", str(self.idle)) if self.idle else ())
            ),
            env=self.env,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )

    def up(self):
        started = self.start()
        assert started.returncode == 0, started.stderr + self.life()
        return self.orders

    def life(self):
        path = self.home / "keeper.log"
        return path.read_text() if path.exists() else ""

    @property
    def orders(self):
        if self._orders is None:
            self._orders = Orders(str(self.home))
        return self._orders

    def _greeted(self):
        """A connection that answers: one to a keeper that is just being replaced ends unanswered."""
        orders = Orders(str(self.home))
        try:
            orders("hello")
        except OSError:
            orders.close()
            raise
        return orders

    def reconnect(self, within=10.0):
        """A new connection, keeping the grant; waits for the keeper that comes back."""
        grant = self._orders.grant if self._orders else None
        holder = self._orders.holder if self._orders else None
        if self._orders:
            self._orders.close()
        self._orders = eventually(self._greeted, within, OSError)
        if holder:
            self._orders.grant, self._orders.holder = grant, holder
        return self._orders

    def identity(self):
        return json.loads((self.home / "keeper.json").read_text())

    def holder_pid(self):
        found = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
        return next(pid for pid in found if self._is_holder(pid))

    def _is_holder(self, pid):
        try:
            words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return False
        return b"holder" in words and str(self.home).encode() in words

    def kill_keeper(self):
        pid = self.identity()["pid"]
        os.kill(pid, signal.SIGKILL)
        return pid

    def wait_for_another_keeper(self, than, within=10.0):
        """The one that the holder starts, or that we started, after `than` was killed."""

        def look():
            assert self.identity()["pid"] != than
            return self.reconnect()

        return eventually(look, within, AssertionError)

    def running(self, version, *, web=WEB, workers=0, listen="fd", env=None, secrets=None, drain=5, **settings):
        """A release that is staged already: its tree holds the scripts."""
        release = f"r-{version}"
        tree = self.home / "releases" / release / "tree"
        tree.mkdir(parents=True, exist_ok=True)
        (tree / "web.py").write_text(web)
        (tree / "worker.py").write_text(WORKER)
        processes = [process("web", [sys.executable, "web.py"], listen=listen, drain=drain, **settings)]
        if workers:
            processes.append(process("worker", [sys.executable, "worker.py"], count=workers, drain=drain))
        return {
            "release": {"id": release, "version": version, "commit": "c" * 40},
            "app": "example",
            "environment": "local",
            "address": "127.0.0.1",
            "port": self.port,
            "stamp": True,
            "env": env or {},
            "secrets": secrets or {},
            "state": [],
            "python": "",
            "commands": [],
            "processes": processes,
        }

    def slot(self, name):
        return next(slot for slot in self.orders("observe")["slots"] if slot["slot"] == name)

    def ask(self, slot):
        return self.orders("ask", slot=slot, path="/", host="localhost", seconds=5)

    def healthy(self, slot, version):
        import base64

        def answers():
            answer = self.ask(slot)
            assert base64.b64decode(answer["body"]).decode() == version, answer
            return answer

        return eventually(answers, 20, AssertionError)

    def deploy(self, running, slot, deployment="", warm=60):
        """All moves of a deployment, from begin to commit."""
        orders, deployment = self.orders, deployment or "d-" + running["release"]["version"]
        orders("begin", deployment=deployment, running=running, slot=slot)
        orders("start", running=running, slot=slot)
        self.healthy(slot, running["release"]["version"])
        orders("route", **weights(slot))
        orders("commit", deployment=deployment, warm_seconds=warm)

    def get(self):
        return get(self.port)

    def end(self):
        """Shut it, and then whatever is left of this folder's processes."""
        try:
            self.reconnect(3)
            self.orders.take(60)
            self.orders("shut")
        except OSError:
            self._end_by_force()
        finally:
            if self._orders:
                self._orders.close()
        left = self._left_after(5.0)
        self._end_by_force()
        return left

    def _left_after(self, within):
        deadline = time.monotonic() + within
        while self.processes() and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.processes()

    def processes(self):
        """Every process that belongs to this environment."""
        found = []
        for path in Path("/proc").iterdir():
            if path.name.isdigit() and int(path.name) != os.getpid() and self._is_ours(path):
                found.append(int(path.name))
        return found

    def _is_ours(self, path):
        try:
            words, environ = (path / "cmdline").read_bytes(), (path / "environ").read_bytes()
            alive = (path / "stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
        except OSError:
            return False
        home = str(self.home).encode()
        return alive and (home in words.split(b"\0") or b"ECLUSE_STATE=" + home in environ)

    def _end_by_force(self):
        for _ in range(3):
            for pid in sorted(self.processes(), key=lambda pid: not self._is_holder(pid)):
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue


def process(name, command, *, listen=None, count=1, drain=5, **settings):
    return {
        "name": name,
        "web": listen is not None,
        "interface": "command",
        "server": "auto",
        "app": "",
        "command": command,
        "listen": listen,
        "count": count,
        "threads": None,
        "folder": ".",
        "stop_signal": "TERM",
        "drain": drain,
        "keep_alive": 2,
        "env": {},
        "limits": {},
        "enabled": True,
        **settings,
    }


def weights(slot):
    return {"blue": 100 * (slot == "blue"), "green": 100 * (slot == "green")}


def get(port, timeout=10):
    """(status, body) on a new connection."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=timeout) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def eventually(look, within, *errors):
    """What `look` returns as soon as it raises none of `errors`; its last error when the time is over."""
    deadline = time.monotonic() + within
    while True:
        try:
            return look()
        except errors:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
