"""A source of vulnerabilities on the loopback that behaves as it is told."""

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KNOWN = {
    "id": "PYSEC-2030-1", "aliases": ["CVE-2030-1"], "summary": "It explodes.", "details": "x", "withdrawn": None,
    "fixed_in": ["2.0"], "link": "https://example.org",
}  # fmt: skip


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.server.asked.append(self.path)
        self._answer(*self.server.behave(self.path, b""))

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(self.path)
        self._answer(*self.server.behave(self.path, body))

    def _answer(self, status, body):
        if status is None:  # silence
            self.server.over.wait()
            return
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Source(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, behave):
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behave, self.asked, self.over = behave, [], threading.Event()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving(behave):
    """`behave(path, body)` gives status and body; a status of None never answers."""
    server = Source(behave)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def index(vulnerable):
    """PyPI's JSON interface; `vulnerable` are names."""

    def behave(path, _body):
        _, name, version, _ = path.strip("/").split("/")
        told = {"info": {"name": name, "version": version}, "vulnerabilities": [KNOWN] if name in vulnerable else []}
        return 200, json.dumps(told).encode()

    return behave


def osv(vulnerable):
    """OSV's `query`."""

    def behave(_path, body):
        name = json.loads(body)["package"]["name"]
        affected = [{"package": {"name": name, "ecosystem": "PyPI"},
                     "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]}]  # fmt: skip
        record = {"id": "PYSEC-2030-1", "aliases": ["CVE-2030-1"], "summary": "It explodes.", "affected": affected,
                  "modified": "2030-01-01T00:00:00Z"}  # fmt: skip
        return 200, json.dumps({"vulns": [record]} if name in vulnerable else {}).encode()

    return behave


TROUBLES = {
    "404": lambda *_: (404, b""),
    "405": lambda *_: (405, b""),
    "500": lambda *_: (500, b"oops"),
    "silence": lambda *_: (None, b""),
    "garbage": lambda *_: (200, b"<html>welcome to the hotel"),
    "other JSON": lambda *_: (200, b"[1, 2]"),
}
