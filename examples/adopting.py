"""What the demos share: the tool as a program, and how long it took."""

import json
import subprocess
import sys
import time

ECLUSE = (sys.executable, "-m", "ecluse")
LAST_LINES = 15


class Failed(Exception):
    """A command didn't do what it should; the message is its own last words, `problems` what it says with --json."""

    def __init__(self, message, problems=()):
        super().__init__(message)
        self.problems = problems


def ecluse(folder, *words):
    """The document that a command prints with --json. Failed, with the end of its progress, when it failed."""
    done = subprocess.run([*ECLUSE, *words, "--json"], cwd=folder, check=False, capture_output=True, text=True)
    if done.returncode:
        told = "\n".join([f"ecluse {' '.join(words)}: exit {done.returncode}", done.stdout, last(done.stderr)])
        raise Failed(told, problems_in(done.stdout))
    return json.loads(done.stdout)


def problems_in(output):
    try:
        return json.loads(output).get("problems", ())
    except json.JSONDecodeError:
        return ()


def last(text):
    return "\n".join(text.splitlines()[-LAST_LINES:])


def timed(what, work):
    """The result of `work`; how long it took is said."""
    began = time.monotonic()
    result = work()
    say(what, f"{time.monotonic() - began:.0f} s")
    return result


def stop(folder):
    subprocess.run([*ECLUSE, "stop"], cwd=folder, check=False, capture_output=True)


def say(what, text):
    print(f"   {what:<8}{text}".rstrip(), file=sys.stderr, flush=True)
