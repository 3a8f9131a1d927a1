"""How long `init --no-try` takes to read a repository of 20,000 files, beside `git grep` over the same files.

Both in the same run, in turns; medians of ROUNDS. Usage: python benchmarks/reading.py [ROUNDS] [FILES]
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench_shop import ECLUSE, table

HEAD = """\
import os
from flask import Blueprint, request

bp = Blueprint("b{number}", __name__)
"""
ROUTE = """

@bp.route("/items/{number}/{part}")
def items_{part}(given=None):
    if given and os.path.exists("items"):
        with open(os.path.join("items", given)) as file:
            return file.read()
    return str(request.args.get("q", {number}))
"""
ROUTES = 20
"""Of each module, which then has 170 lines."""
KINDS = ("package{0}/module{1}.py", "package{0}/view{1}.py", "tests/package{0}/test_{1}.py", "static/{0}/script{1}.js",
         "templates/{0}/page{1}.html", "docs/{0}/page{1}.md", "locale/{0}/part{1}.json",
         "static/{0}/icon{1}.svg")  # fmt: skip
"""What lies in a repository, in equal parts: a quarter of it is the app's own Python."""


def main(rounds: int, files: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        shop = repository(Path(name), files)
        peers = {
            "ecluse init --no-try": [ECLUSE, "init", "--yes", "--no-try", "--dry-run"],
            "git grep -c flask": ["git", "grep", "-c", "flask"],
        }
        figures: dict[str, list[float]] = {peer: [] for peer in peers}
        for _ in range(rounds + 1):  # the first round warms up
            for peer, argv in peers.items():
                figures[peer].append(timed(argv, shop))
    rows = [(peer, f"{statistics.median(each[1:]):.2f}", " ".join(f"{one:.2f}" for one in each[1:]))
            for peer, each in figures.items()]  # fmt: skip
    table(f"seconds of wall time for {files} files, medians of {rounds}", ("command", "median", "each"), rows)


def repository(folder: Path, files: int) -> Path:
    (folder / "app.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    (folder / "requirements.txt").write_text("flask\n")
    for number in range(files - 2):
        path = folder / KINDS[number % len(KINDS)].format(number // 500, number)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(number))
    git = ("git", "-c", "user.name=bench", "-c", "user.email=bench@localhost")
    for words in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "Everything")):
        subprocess.run([*git, *words], cwd=folder, check=True)
    return folder


def text(number: int) -> str:
    """As long as real ones are; those that aren't Python have it too, for nothing reads them."""
    return HEAD.format(number=number) + "".join(ROUTE.format(number=number, part=part) for part in range(ROUTES))


def timed(argv: list[str], folder: Path) -> float:
    began = time.perf_counter()
    subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 5, int(sys.argv[2]) if sys.argv[2:] else 20_000)
