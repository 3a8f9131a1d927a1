"""`make demo-real`: init and ship, nothing edited, for httpbin, datasette, pypiserver and a new Django project.

Names on the command line choose others: any package of the index whose source distribution serves the web.
"""

import json
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import real_apps

ECLUSE = str(Path(sys.executable).with_name("ecluse"))
WHAT_DECIDES = ("processes.web.app", "processes.web.command", "processes.web.health.path", "app.migrate")
LAST_LINES = 15


class Failed(Exception):
    """A command didn't do what it should; the message is its own last words."""


def main():
    names = sys.argv[1:] or (*real_apps.SDISTS, real_apps.DJANGO)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ecluse-real-") as place:
        failed = [name for name in names if not show(name, Path(place) / name)]
    minutes = (time.monotonic() - began) / 60
    told = f"failed: {', '.join(failed)}" if failed else f"all {len(names)} served, nothing edited"
    print(f"{told}, {minutes:.1f} minutes in all")
    return 1 if failed else 0


def show(name, folder):
    """Whether it serves after `init --yes` and `ship`; what runs is stopped, whatever happened."""
    print(f"== {name}", flush=True)
    try:
        timed("fetch", lambda: real_apps.make(name, folder))
        told(timed("init", lambda: ecluse(folder, "init", "--yes")))
        real_apps.commit(folder, "Add ecluse.toml")
        shipped = timed("ship", lambda: ecluse(folder, "ship"))
        return served(shipped)
    except (Failed, subprocess.CalledProcessError, OSError) as error:
        say("failed", str(error))
        return False
    finally:
        if folder.exists():
            subprocess.run([ECLUSE, "stop"], cwd=folder, check=False, capture_output=True)
            say("stopped", "")
        print(flush=True)


def timed(what, work):
    """The result of `work`; how long it took is said."""
    began = time.monotonic()
    result = work()
    say(what, f"{time.monotonic() - began:.0f} s")
    return result


def ecluse(folder, *words):
    """The document that a command prints with --json. Failed, with the end of its progress, when it failed."""
    done = subprocess.run([ECLUSE, *words, "--json"], cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        raise Failed("\n".join([f"ecluse {' '.join(words)}: exit {done.returncode}", done.stdout, last(done.stderr)]))
    return json.loads(done.stdout)


def last(text):
    return "\n".join(text.splitlines()[-LAST_LINES:])


def told(said):
    """What `init` found, where, and what came of each try."""
    for key in WHAT_DECIDES:
        if key in said["reasons"]:
            say("", f"{key}: {said['reasons'][key]}")
    for trial in said["tried"]:
        say("", f"{'✓' if trial['ok'] else '✗'} {trial['what']}: {trial['answer']} ({trial['seconds']:.1f} s)")
    for line in said["unknown"]:
        say("", f"not known: {line}")


def served(shipped):
    """Whether the release answers for itself (X-Release), whatever it says of `/`."""
    say("", f"{shipped['outcome']}: {shipped['version']} at {shipped['url']}")
    for gate in shipped["gates"]:
        say("", f"gate {gate['name']} {gate['verdict']}: {', '.join(gate['evidence'][:1])}")
    try:
        with urllib.request.urlopen(shipped["url"]) as response:
            status, headers = response.status, response.headers
    except urllib.error.HTTPError as error:
        status, headers = error.code, error.headers
    say("asked", f"GET / answered {status}, X-Release: {headers['X-Release']}")
    return shipped["outcome"] == "shipped" and headers["X-Release"] == shipped["version"]


def say(what, text):
    print(f"   {what:<8}{text}".rstrip(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
