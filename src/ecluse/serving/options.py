"""The launcher's command line."""

import argparse
from typing import List, NamedTuple, Optional, Sequence, Tuple

from ecluse.serving import servers


class Options(NamedTuple):
    """What one web process of a release needs to know. Times in seconds."""

    app: str
    """`module:attribute`, or `module:factory()`; see `loading`."""
    interface: str
    server: str
    fd: int
    page: str
    workers: int
    threads: int
    keep_alive: float
    drain: float
    stamp: bool
    version: str
    site: Optional[str]
    static: List[Tuple[str, str]]
    """URL prefix and folder of what is served without asking the app."""


def parse(arguments: Sequence[str]) -> Options:
    parser = argparse.ArgumentParser(prog="launch", description="Run one web process of a release.")
    parser.add_argument("--app", required=True, help="module:attribute, or module:factory()")
    parser.add_argument("--interface", required=True, choices=sorted(servers.CHOICES))
    parser.add_argument("--server", default=servers.AUTO, choices=[servers.AUTO, *servers.NAMES])
    parser.add_argument("--fd", type=int, default=3, help="the listening socket")
    parser.add_argument("--page", required=True, help="the slot page")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--threads", type=int, default=8, help="of each worker of a WSGI app")
    parser.add_argument("--keep-alive", type=float, default=5, help="seconds an idle connection is kept")
    parser.add_argument("--drain", type=float, default=30, help="seconds after SIGTERM for what is under way")
    parser.add_argument("--stamp", action="store_true", help="each answer names the release")
    parser.add_argument("--version", default="")
    parser.add_argument("--site", help="folder of the server's packages; by default site/ beside the launcher")
    parser.add_argument(
        "--static", action="append", default=[], type=_mount, metavar="PREFIX=FOLDER", help="files to serve"
    )
    return Options(**vars(parser.parse_args(arguments)))


def _mount(text: str) -> Tuple[str, str]:
    prefix, _, folder = text.partition("=")
    return prefix, folder
