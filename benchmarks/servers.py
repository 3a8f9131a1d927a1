"""Apps as Écluse serves them beside gunicorn (WSGI) and uvicorn (ASGI): the same app, Python, workers, keep-alive.

wrk with 32 connections on the same machine, in turns; medians of ROUNDS. Usage: python benchmarks/servers.py [ROUNDS]
"""

from __future__ import annotations

import sys
from pathlib import Path

from bench_load import SECONDS, Measured, compare, measured
from bench_shop import free_port, program, served

BIN = Path(sys.executable).parent
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
PEERS = {
    "flask-hello": (
        "gunicorn gthread",
        ["gunicorn", "--worker-class=gthread", "--threads=8", "--keep-alive=5", "--bind=127.0.0.1:{port}", "app:app"],
    ),
    "fastapi-hello": (
        "uvicorn",
        ["uvicorn", "--loop=uvloop", "--http=httptools", "--no-access-log", "--log-level=error", "--port={port}",
         "app:app"],
    ),
}  # fmt: skip
QUESTIONS = {"GET /": ("/", False), "POST /echo": ("/echo", True)}


def main(rounds: int) -> None:
    for example, (peer, words) in PEERS.items():
        port = free_port()
        argv = [str(BIN / words[0]), *(word.format(port=port) for word in words[1:])]
        with served(example, python=PYTHON) as shop, program(argv, port, cwd=shop.folder) as process:
            for question, (path, post) in QUESTIONS.items():
                figures: dict[str, list[Measured]] = {peer: [], "ecluse": []}
                for _ in range(rounds):
                    figures[peer].append(measured(port, [process.pid], path, post=post))
                    figures["ecluse"].append(measured(shop.port, shop.pids(), path, post=post))
                compare(
                    figures,
                    f"{example}, {question}, 32 connections, 1 worker, medians of {rounds} rounds of {SECONDS} s",
                )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
