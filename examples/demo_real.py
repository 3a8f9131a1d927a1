"""`make demo-real`: init and ship, nothing edited, for httpbin, datasette, pypiserver and a new Django project.

Names on the command line choose others: any package of the index whose source distribution serves the web.
"""

import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import real_apps
from adopting import Failed, ecluse, say, stop, timed

WHAT_DECIDES = ("processes.web.app", "processes.web.command", "processes.web.health.path", "app.migrate")


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
            stop(folder)
            say("stopped", "")
        print(flush=True)


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


if __name__ == "__main__":
    sys.exit(main())
