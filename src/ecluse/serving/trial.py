"""Serves an app for a moment and asks it, as `ecluse init` tries it.

Run with a JSON question: `argv` of a server, `folder`, `tree`, `paths` to ask, `host` to ask for, `seconds` until it
must listen, `port` (true: the server is told `$PORT`; false: it inherits a listening socket as descriptor 3), `answer`
(the file to write to). The answer holds `asked` (path, status, kind of content, seconds, `log` for a fault of the
app's), `loaded` (what the pages load: path, `page`, status), `without` (path to status while the databases in files
below `tree` can't be read; empty where there is none), `by_address` (how a page that is well answers to the Host
`127.0.0.1`; 0: not asked), `exit` (how the server ended by itself, or null) and `output` (its last lines).
The server's process group is ended before this ends.
"""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import Any, Dict, List, Optional

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "launch"))

from ecluse.serving.links import links
from ecluse.serving.spoiling import databases, spoiled

PATIENCE = 10.0
"""Seconds that one answer may take."""
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

Answers = List[Dict[str, Any]]


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
            by_address = addressed(port, asked)
    finally:
        ended = server.poll()
        end(server)
    for answer in asked:
        answer.pop("links", None)
    return {
        "asked": asked, "loaded": loaded, "without": without, "by_address": by_address, "exit": ended,
        "output": last_lines(log),
    }  # fmt: skip


def pages(question: Question, port: int, log: str) -> Answers:
    """The answers to all paths, and to those of this site that they lead to."""
    asked = [noted(port, path, question.host, log) for path in question.paths]
    known = set(question.paths)
    for answer in list(asked):
        place = answer["location"] or ""
        path = place if answer["status"] in REDIRECTS and place.startswith("/") and place[1:2] != "/" else ""
        if path and path.partition("?")[0] not in known:
            known.add(path.partition("?")[0])
            asked.append(noted(port, path, question.host, log))
    return asked


def parts(question: Question, port: int, asked: Answers) -> Answers:
    """What the pages load, a few of each before more of one."""
    found: Dict[str, str] = {}
    for turn in range(MOST_LOADED):
        for answer in asked:
            for path in answer.get("links", [])[turn : turn + 1]:
                found.setdefault(path, answer["path"])
    listed = list(found.items())[:MOST_LOADED]
    return [dict(ask(port, path, question.host), page=page) for path, page in listed]


def unread(question: Question, port: int, asked: Answers) -> Dict[str, int]:
    """How what was well answers while no database in a file can be read."""
    files = databases(question.tree)
    well = [answer["path"] for answer in asked if answer["status"] == GOOD][:MOST_SPOILED] if files else []
    if not well:
        return {}
    with spoiled(files):
        return {path: ask(port, path, question.host)["status"] for path in well}


def addressed(port: int, asked: Answers) -> int:
    """How a page that is well answers somebody who types the address; 0 when none is well, or it gave none."""
    well = next((answer["path"] for answer in asked if 0 < answer["status"] < BAD), None)
    return int(ask(port, well, "127.0.0.1:%d" % port)["status"]) if well is not None else 0


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
    until = time.monotonic() + question.seconds
    while time.monotonic() < until and server.poll() is None:
        if ask(port, question.paths[0] if question.paths else "/", question.host)["status"]:
            return server.poll() is None
        time.sleep(0.1)
    return False


def noted(port: int, path: str, host: str, log: str) -> Dict[str, Any]:
    """The answer; for an error of the app's own (5xx) with what it wrote meanwhile."""
    before = os.path.getsize(log)
    answer = ask(port, path, host)
    if answer["status"] >= FAULT:
        time.sleep(0.1)
        answer["log"] = last_lines(log, before)
    return answer


def ask(port: int, path: str, host: str) -> Dict[str, Any]:
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path, headers={"Host": host, "Connection": "close"})
        response = connection.getresponse()
        body = response.read(MOST_BODY)
        kind, place = response.getheader("Content-Type", ""), response.getheader("Location", "")
        found: Dict[str, Any] = {"status": response.status, "kind": kind, "location": place, "size": len(body)}
        if response.status == GOOD and kind.startswith("text/html"):
            found["links"] = links(body.decode("utf-8", "replace"), path, host)
    except (OSError, http.client.HTTPException) as error:
        found = {"status": 0, "kind": "", "location": "", "size": 0, "why": "%s: %s" % (type(error).__name__, error)}
    finally:
        connection.close()
    return dict(found, path=path, seconds=round(time.monotonic() - began, 3))


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
