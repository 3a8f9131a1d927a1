"""Serves an app for a moment and asks it, as `ecluse init` tries it.

Run with a JSON question: `argv` of a server, `folder`, `tree`, `paths` to ask, `host` to ask for, `seconds` until it
must listen, `within` (seconds until all questions are over), `port` (true: the server is told `$PORT`; false: it
inherits a listening socket as descriptor 3), `answer` (the file to write to). The answer holds `asked` (path, status,
kind of content, seconds, `log` for a fault of the app's), `unasked` (paths for which there was no time), `loaded` (what
the pages load: path, `page`, status), `without` (path to status while the databases in files below `tree` can't be
read; empty where there is none), `by_address` (how a page that is well answers to the Host `127.0.0.1`; 0: not asked),
`exit` (how the server ended by itself, or null) and `output` (its last lines).
The server's process group is ended before this ends.
"""

import http.client
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any, Dict, Iterable, Iterator, List, Optional, TypeVar

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "launch"))

from ecluse.serving.links import links
from ecluse.serving.spoiling import databases, spoiled

PATIENCE = 10.0
"""Seconds that one answer may take, to its end."""
LISTED, LED_TO, LOADED, SPOILED = 0.6, 0.7, 0.8, 0.9
"""The parts of its time after which one kind of question makes room for the next: slow paths leave some for all."""
LEAST = 0.1
GRACE = 5.0
MOST_BODY = 65536
MOST_LOADED = 12
"""What pages load is asked for as long as it is few."""
MOST_SPOILED = 15
LAST_LINES = 30
FAULT = 500
BAD = 400
GOOD = 200
REDIRECTS = (301, 302, 303, 307, 308)
ENDLESS = ("text/event-stream", "multipart/x-mixed-replace")
"""Kinds of content that go on for as long as somebody listens: the beginning is the answer."""

Answers = List[Dict[str, Any]]
T = TypeVar("T")


class Question:
    def __init__(self, told: Dict[str, Any]) -> None:
        self.argv: List[str] = told["argv"]
        self.folder: str = told["folder"]
        self.tree: str = told["tree"]
        self.paths: List[str] = told["paths"]
        self.host: str = told["host"]
        self.seconds: float = told["seconds"]
        self.by_port: bool = told["port"]
        self.answer: str = told["answer"]
        self.within: float = told["within"]
        self.began = time.monotonic()

    def until(self, part: float = 1.0) -> float:
        """When that part of its time is over."""
        return self.began + part * self.within


def main() -> None:
    question = Question(json.loads(sys.argv[1]))
    answer = tried(question)
    with open(question.answer, "w", encoding="utf-8") as file:
        json.dump(answer, file)


def tried(question: Question) -> Dict[str, Any]:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    if question.by_port:
        listener.close()
    else:
        listener.listen(128)
    log = question.answer + ".log"
    server = start(question, None if question.by_port else listener, port, log)
    asked: Answers = []
    loaded: Answers = []
    without: Dict[str, int] = {}
    by_address = 0
    try:
        if up(server, port, question):
            asked = pages(question, port, log)
            loaded = parts(question, port, asked)
            without = unread(question, port, asked)
            by_address = addressed(question, port, asked)
    finally:
        ended = server.poll()
        end(server)
    for answer in asked:
        answer.pop("links", None)
    return {
        "asked": asked, "unasked": unasked(question, asked), "loaded": loaded, "without": without,
        "by_address": by_address, "exit": ended, "output": last_lines(log),
    }  # fmt: skip


def pages(question: Question, port: int, log: str) -> Answers:
    """The answers to all paths, the first ones first, and to those of this site that they lead to."""
    asked = [noted(question, port, path, log) for path in in_time(question.paths, question.until(LISTED))]
    known = set(question.paths)
    for answer in in_time(list(asked), question.until(LED_TO)):
        place = answer["location"] or ""
        path = place if answer["status"] in REDIRECTS and place.startswith("/") and place[1:2] != "/" else ""
        if path and path.partition("?")[0] not in known:
            known.add(path.partition("?")[0])
            asked.append(noted(question, port, path, log))
    return asked


def unasked(question: Question, asked: Answers) -> List[str]:
    """The paths that there was no time for; none where nothing was asked at all."""
    known = [answer["path"] for answer in asked]
    return [path for path in question.paths if path not in known] if known else []


def in_time(each: Iterable[T], until: float) -> Iterator[T]:
    """Those that are come to while there is time."""
    return itertools.takewhile(lambda _: time.monotonic() < until, each)


def parts(question: Question, port: int, asked: Answers) -> Answers:
    """What the pages load, a few of each before more of one."""
    found: Dict[str, str] = {}
    for turn in range(MOST_LOADED):
        for answer in asked:
            for path in answer.get("links", [])[turn : turn + 1]:
                found.setdefault(path, answer["path"])
    listed = list(found.items())[:MOST_LOADED]
    until = question.until(LOADED)
    return [dict(ask(port, path, question.host, until), page=page) for path, page in in_time(listed, until)]


def unread(question: Question, port: int, asked: Answers) -> Dict[str, int]:
    """How what was well answers while no database in a file can be read."""
    files = databases(question.tree)
    well = [answer["path"] for answer in asked if answer["status"] == GOOD][:MOST_SPOILED] if files else []
    if not well:
        return {}
    until = question.until(SPOILED)
    with spoiled(files):
        return {path: ask(port, path, question.host, until)["status"] for path in in_time(well, until)}


def addressed(question: Question, port: int, asked: Answers) -> int:
    """How a page that is well answers somebody who types the address; 0 when none is well, or it gave none."""
    well = next((answer["path"] for answer in asked if 0 < answer["status"] < BAD), None)
    return int(ask(port, well, "127.0.0.1:%d" % port, question.until())["status"]) if well is not None else 0


def start(question: Question, listener: Optional[socket.socket], port: int, log: str) -> "subprocess.Popen[bytes]":
    env = dict(os.environ, PORT=str(port))

    def prepare() -> None:
        os.setpgid(0, 0)
        if listener is not None:
            os.dup2(listener.fileno(), 3)
            os.set_inheritable(3, True)

    env.update({} if listener is None else {"LISTEN_FDS": "1"})
    with open(log, "wb") as output:
        return subprocess.Popen(
            question.argv, cwd=question.folder, env=env, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, preexec_fn=prepare, close_fds=False,  # noqa: PLW1509 (no threads here)
        )  # fmt: skip


def up(server: "subprocess.Popen[bytes]", port: int, question: Question) -> bool:
    """Whether it answers anything at all before its time is over; a dead server never will."""
    until = min(question.began + question.seconds, question.until())
    paths = itertools.cycle(question.paths or ["/"])
    path = next(paths)
    while time.monotonic() < until and server.poll() is None:
        answer = ask(port, path, question.host, until)
        if answer["status"]:
            return server.poll() is None
        path = next(paths) if answer["seconds"] >= PATIENCE else path  # it may be this one alone that is slow
        time.sleep(0.1)
    return False


def noted(question: Question, port: int, path: str, log: str) -> Dict[str, Any]:
    """The answer; for an error of the app's own (5xx) with what it wrote meanwhile."""
    before = os.path.getsize(log)
    answer = ask(port, path, question.host, question.until(LED_TO))
    if answer["status"] >= FAULT:
        time.sleep(0.1)
        answer["log"] = last_lines(log, before)
    return answer


def ask(port: int, path: str, host: str, until: float) -> Dict[str, Any]:
    """The answer; `status` 0 for one that isn't whole when its time is over."""
    began = time.monotonic()
    until = min(until, began + PATIENCE)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=max(LEAST, until - began))
    try:
        connection.connect()
        sock = connection.sock  # the connection forgets it when the answer is to be the last one
        connection.request("GET", path, headers={"Host": host, "Connection": "close"})
        response = connection.getresponse()
        kind, place = response.getheader("Content-Type", ""), response.getheader("Location", "")
        body = b"" if kind.lower().startswith(ENDLESS) else body_of(response, sock, until)
        found: Dict[str, Any] = {"status": response.status, "kind": kind, "location": place, "size": len(body)}
        if response.status == GOOD and kind.startswith("text/html"):
            found["links"] = links(body.decode("utf-8", "replace"), path, host)
    except (OSError, http.client.HTTPException) as error:
        found = {"status": 0, "kind": "", "location": "", "size": 0, "why": "%s: %s" % (type(error).__name__, error)}
    finally:
        connection.close()
    return dict(found, path=path, seconds=round(time.monotonic() - began, 3))


def body_of(response: http.client.HTTPResponse, sock: socket.socket, until: float) -> bytes:
    """Its first bytes, piece by piece: a time-out of the socket begins anew with each of them."""
    body, wanted = b"", MOST_BODY if response.length is None else min(MOST_BODY, response.length)
    while len(body) < wanted:
        left = until - time.monotonic()
        if left <= 0:
            raise socket.timeout("its end didn't come")
        sock.settimeout(left)
        piece = response.read1(wanted - len(body))
        if not piece:
            break
        body += piece
    return body


def end(server: "subprocess.Popen[bytes]") -> None:
    """SIGTERM to the whole group, after a grace SIGKILL."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, number)
        except ProcessLookupError:
            break
        try:
            server.wait(GRACE)
        except subprocess.TimeoutExpired:
            continue
    server.wait()


def last_lines(log: str, start: int = 0) -> List[str]:
    with open(log, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(start, file.tell() - MOST_BODY))
        return file.read().decode("utf-8", "replace").splitlines()[-LAST_LINES:]


if __name__ == "__main__":
    main()
