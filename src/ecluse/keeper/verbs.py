"""The words by which the keeper's program is run: `run`, `holder`, `service`, …"""

import argparse
import json
import sys
from typing import Callable, Dict, List, Optional

from ecluse.keeper import daemon, holder, listeners, preparing, program, relay
from ecluse.keeper.choice import choice
from ecluse.keeper.output import last_kept
from ecluse.keeper.places import Home
from ecluse.keeper.services import container, serving
from ecluse.wire.codes import OrderError


def main(words: Optional[List[str]] = None) -> int:
    arguments = _parser().parse_args(words)
    if arguments.verb in TOLD:
        sys.stdout.write(TOLD[arguments.verb](arguments) + "\n")
        return 0
    return DONE[arguments.verb](arguments)


def _run(arguments: argparse.Namespace) -> int:
    home = Home(arguments.home)
    if not arguments.daemon:
        inherited = _inherited(arguments.inherit)
        return daemon.run(home, ready=lambda _: None, inherited=inherited, idle=arguments.idle)
    home.make()
    ready = daemon.leave()
    return 0 if ready is None else daemon.run(home, ready=ready, idle=arguments.idle)


def _refused(arguments: argparse.Namespace) -> str:
    """What a keeper would answer, as JSON; empty when it could listen there."""
    try:
        listeners.require(arguments.address, arguments.port)
    except OrderError as error:
        return json.dumps({"code": error.code, "message": error.message, "evidence": error.evidence})
    return ""


def _printed(arguments: argparse.Namespace) -> str:
    """What the processes printed while there was a keeper, one line of JSON each."""
    chosen = choice({name: getattr(arguments, name) for name in ("process", "releases", "slot", "ago")})
    return "\n".join(map(json.dumps, last_kept(Home(arguments.home), chosen, arguments.lines)))


def _prepared(arguments: argparse.Namespace) -> str:
    return json.dumps(preparing.main(arguments.root, apply=arguments.apply))


TOLD: Dict[str, Callable[[argparse.Namespace], str]] = {
    "version": lambda _: program.version(),
    "port": _refused,
    "logs": _printed,
    "prepare": _prepared,
}
"""Answers for which no keeper has to be there."""
DONE: Dict[str, Callable[[argparse.Namespace], int]] = {
    "run": _run,
    "holder": lambda given: holder.main(Home(given.home), given.fd, given.order, given.held),
    "relay": lambda given: relay.main(given.fd, given.ports, given.table),
    "service": lambda given: serving.main(given.specification),
    "container": lambda given: container.main(given.specification),
    "await": lambda given: serving.wait(given.folder, given.seconds),
    "boot": lambda given: preparing.boot(given.root),
}


def _inherited(text: str) -> Optional[Dict[str, int]]:
    """`name=descriptor` pairs, as an upgrade hands them over."""
    pairs = (pair.split("=") for pair in text.split(",") if pair)
    return {name: int(number) for name, number in pairs} or None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="keeper.pyz", description="The keeper of an environment.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    run = verbs.add_parser("run", help="be the keeper of an environment")
    run.add_argument("--home", required=True)
    run.add_argument("--daemon", action="store_true", help="leave the session; return once it answers")
    run.add_argument("--idle", type=float, default=daemon.IDLE, help="end after so many seconds with nothing to keep")
    run.add_argument("--inherit", default="", help=argparse.SUPPRESS)
    hold = verbs.add_parser("holder", help="keep the sockets and the keeper alive (started by the keeper)")
    hold.add_argument("--home", required=True)
    hold.add_argument("--fd", type=int, required=True)
    hold.add_argument("--order", required=True)
    hold.add_argument("--held", type=int, action="append", default=[])
    forward = verbs.add_parser("relay", help="pass connections on to ports (started by the keeper)")
    forward.add_argument("--fd", type=int, required=True)
    forward.add_argument("--table", default="", help="a file that shares connections between two ports")
    forward.add_argument("ports", type=int, nargs="*")
    serve = verbs.add_parser("service", help="be a service that an app needs")
    serve.add_argument("specification", help="JSON: kind, programs, folder, asks, scratch")
    contain = verbs.add_parser("container", help="be a service that is thrown away, in a container")
    contain.add_argument("specification", help="JSON: kind, docker, image, folder, asks, environment")
    wait = verbs.add_parser("await", help="return once the service in a folder answers")
    wait.add_argument("folder")
    wait.add_argument("--seconds", type=float, default=60.0)
    port = verbs.add_parser("port", help="say what would keep a keeper from listening there")
    port.add_argument("address")
    port.add_argument("port", type=int)
    logs = verbs.add_parser("logs", help="print what the processes of an environment printed, as lines of JSON")
    logs.add_argument("--home", required=True)
    logs.add_argument("--process")
    logs.add_argument("--release", dest="releases", action="append")
    logs.add_argument("--slot")
    logs.add_argument("--ago", type=float, metavar="SECONDS")
    logs.add_argument("--lines", type=int, default=100)
    prepare = verbs.add_parser("prepare", help="say what this host lacks; with --apply, mend it")
    prepare.add_argument("root")
    prepare.add_argument("--apply", action="store_true")
    boot = verbs.add_parser("boot", help="start the keepers that ran when the host went down")
    boot.add_argument("root")
    verbs.add_parser("version", help="print the digest that names this program")
    return parser
