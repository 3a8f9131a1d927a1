"""`keeper.pyz service SPECIFICATION`: prepare the data of a service, then become its server.

One program for all who start a service: the keeper, and the steps and the try of `init`, whose services are thrown
away. What it decides (port, password, account) stands in `address.json` beside the data, and is kept.
"""

import itertools
import json
import os
import secrets
import shutil
import subprocess
import sys
from typing import Any, Dict, List, Optional, Sequence

from ecluse.keeper import records
from ecluse.keeper.services import account
from ecluse.keeper.services.kind import DATA, HERE, Kind, Task
from ecluse.keeper.services.kinds import KINDS
from ecluse.keeper.units import free_ports, is_free

ADDRESS = "address.json"
HOST = "127.0.0.1"
UNFIT = 3
"""Exit code: as it is it can't run, however often it is tried."""

Json = Dict[str, Any]


class UnfitError(Exception):
    """Why the service can't run here."""


def main(text: str) -> int:
    """`{kind, programs, folder, asks, scratch}`; doesn't return when all is well."""
    given: Json = json.loads(text)
    try:
        _become(given, KINDS[given["kind"]])
    except (UnfitError, OSError, subprocess.SubprocessError) as error:
        sys.stderr.write("%s: %s\n" % (given["kind"], error))
        return UNFIT
    return 0


def _become(given: Json, kind: Kind) -> None:
    folder, data = given["folder"], os.path.join(given["folder"], given["kind"])
    os.makedirs(folder, mode=0o700, exist_ok=True)
    user = account.choose(folder)
    programs = account.reachable(given["programs"]) if user else given["programs"]
    address = settled(given, kind)
    _prepare(kind, programs, address, data, user)
    _write(kind.settle(address), data, user)
    records.write(os.path.join(folder, ADDRESS), {**address, "pid": os.getpid()})
    _hold(data, kind, user)
    os.chdir("/")
    if user:
        account.become(user.number)
    words = _placed(kind.serve(programs, address), kind, user)
    os.execve(words[0], words, surroundings(address, programs))  # noqa: S606


def surroundings(address: Json, programs: str) -> Dict[str, str]:
    """Nothing of the app's; whose it is can be seen from it, also of what leaves the session."""
    kept = {name: os.environ[name] for name in ("ECLUSE_STATE", "TZ") if name in os.environ}
    return {
        "PATH": programs + ":/usr/sbin:/usr/bin:/sbin:/bin",
        "LANG": "C.UTF-8",
        "ECLUSE_SERVICE": os.path.dirname(address["folder"]),
        **kept,
    }


def settled(given: Json, kind: Kind) -> Json:
    """As it was, on the same port if that is still free."""
    known = records.read(os.path.join(given["folder"], ADDRESS)) or {}
    port = int(known.get("port") or 0)
    port = port if port and is_free(port) else free_ports(1)[0]
    return {
        "kind": kind.name,
        "programs": given["programs"],
        "host": HOST,
        "port": port,
        "spare": spare_ports(port, int(known.get("spare") or 0)),
        "user": known.get("user") or kind.user,
        "password": known.get("password") or secrets.token_urlsafe(24),
        "name": known.get("name") or kind.database,
        "folder": os.path.join(given["folder"], kind.name),
        "asks": bool(given.get("asks")),
        "scratch": bool(given.get("scratch")),
    }


def spare_ports(port: int, known: int = 0) -> int:
    """The first of two neighbours that are both free and not `port`; `known` ones if they still are."""
    candidates = itertools.chain([known] if known else [], iter(lambda: free_ports(1)[0], 0))
    return next(one for one in candidates if port not in (one, one + 1) and is_free(one) and is_free(one + 1))


def _prepare(kind: Kind, programs: str, address: Json, data: str, user: Optional[account.Account]) -> None:
    """Once; what a crash left unfinished is thrown away: data has its name only when it is whole."""
    if os.path.isdir(data):
        if user:
            account.give(data, user.number)
        return
    fresh = data + ".new"
    shutil.rmtree(fresh, ignore_errors=True)
    os.mkdir(fresh, 0o700)
    records.write(os.path.join(os.path.dirname(data), ADDRESS), address)
    if user:
        account.give(fresh, user.named)
    _hold(fresh, kind, user)
    for task in kind.prepare(programs, address):
        _run(task._replace(words=_placed(task.words, kind, user)), surroundings(address, programs), user)
    if user:
        account.give(fresh, user.number)
    os.rename(fresh, data)


def _hold(folder: str, kind: Kind, user: Optional[account.Account]) -> None:
    """As descriptor `DATA`, through fork and exec; at a place of its own for who can't work with that."""
    if user and kind.follows_links:
        account.show(folder, account.DATA_SHOWN)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    os.dup2(descriptor, DATA, inheritable=True)
    if descriptor != DATA:
        os.close(descriptor)


def _placed(words: Sequence[str], kind: Kind, user: Optional[account.Account]) -> List[str]:
    """With the place of the data by which this kind, under that account, finds it."""
    place = account.DATA_SHOWN if user and kind.follows_links else HERE
    return [word.replace(HERE, place) for word in words]


def _run(task: Task, environment: Dict[str, str], user: Optional[account.Account]) -> None:
    done = subprocess.run(
        list(task.words),
        input=task.given.encode(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environment,
        cwd="/",
        pass_fds=(DATA,),
        preexec_fn=(lambda: account.become(user.named)) if user else None,
        check=False,
    )
    if done.returncode != 0:
        raise UnfitError("%s failed:\n%s" % (os.path.basename(task.words[0]), _last(done.stdout)))


def _last(output: bytes) -> str:
    lines: List[str] = output.decode("utf-8", "replace").strip().splitlines()
    return "\n".join(lines[-15:])


def _write(files: Dict[str, str], data: str, user: Optional[account.Account]) -> None:
    for name, text in files.items():
        path = os.path.join(data, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
        if user:
            os.chown(path, user.number, user.number)


def wait(folder: str, seconds: float) -> int:
    """`keeper.pyz await FOLDER`: until the service there answers. Exit 1 when its time is over."""
    import time  # noqa: PLC0415

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answers(records.read(os.path.join(folder, ADDRESS))):
            return 0
        time.sleep(0.05)
    return 1


def answers(address: Optional[Json]) -> bool:
    """Whether whoever has that address is ready for connections."""
    if not address or not address.get("pid"):
        return False
    try:
        return KINDS[address["kind"]].ready(address)
    except OSError:
        return False


def words_for(given: Json) -> Sequence[str]:
    """The arguments of this program for a service."""
    return ("service", json.dumps(given, sort_keys=True))


__all__ = ["ADDRESS", "HERE", "UNFIT", "answers", "main", "settled", "surroundings", "wait", "words_for"]
