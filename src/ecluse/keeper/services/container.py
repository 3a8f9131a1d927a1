"""`keeper.pyz container SPECIFICATION`: be a service that a container is, for as long as we live.

For services that are thrown away alone. The container is Docker's child, not ours: it watches the standard input that
its client, which we become, hands through, and ends with it, however the client ends.
"""

import json
import os
import shlex
import sys
from typing import Any, Dict, List, Mapping

from ecluse.keeper import records
from ecluse.keeper.services.kind import HERE, Address, Kind
from ecluse.keeper.services.kinds import KINDS
from ecluse.keeper.services.serving import ADDRESS, UNFIT, settled

Json = Dict[str, Any]

ROOM = "/scratch"
DATA = ROOM + "/data"
NOBODY = "65534:65534"
"""By number: an image needs no entry for it, and servers refuse to be root."""
SCRIPT = "ECLUSE_SCRIPT"
"""In the environment, because whoever looks at the processes sees a password among their words."""


def main(text: str) -> int:
    """`{kind, docker, image, folder, asks, environment}`; doesn't return when all is well."""
    given: Json = json.loads(text)
    kind = KINDS[given["kind"]]
    try:
        os.makedirs(given["folder"], mode=0o700, exist_ok=True)
        address = settled({**given, "programs": given["image"], "scratch": True}, kind)
        records.write(os.path.join(given["folder"], ADDRESS), {**address, "pid": os.getpid()})
        _hold_input()
        words = client(given)
        os.execve(words[0], words, {**given["environment"], SCRIPT: script(kind, address)})  # noqa: S606
    except OSError as error:
        sys.stderr.write("%s: %s\n" % (given["kind"], error))
    return UNFIT


def client(given: Mapping[str, Any]) -> List[str]:
    """Whoever starts us has seen to it that the image is there. On the machine's own network it listens where a server
    of the machine would: on the loopback alone."""
    return [
        given["docker"],
        *("run", "--interactive", "--rm", "--pull", "never", "--log-driver", "none", "--user", NOBODY),
        *("--label", "ecluse=service", "--tmpfs", ROOM + ":mode=1777"),
        *("--network", "host", "--env", SCRIPT, "--entrypoint", "/bin/sh", given["image"], "-c", 'eval "$%s"' % SCRIPT),
    ]


def script(kind: Kind, address: Address) -> str:
    """What the container runs: the same programs and settings as on a machine, whatever its image would begin with."""
    lines = ["set -e", "unset " + SCRIPT, "umask 077", "cd " + ROOM, "mkdir " + DATA]
    made = [(shlex.quote(task.given), _words(task.words)) for task in kind.prepare("", address)]
    lines += ["printf %%s %s | %s >&2" % pair for pair in made]
    files = kind.settle(address).items()
    lines += ["printf %%s %s >%s/%s" % (shlex.quote(text.replace(HERE, DATA)), DATA, name) for name, text in files]
    return "\n".join([*lines, "exec 3<&0", _words(kind.serve("", address)) + " </dev/null 3<&- &", _LIFE])


_LIFE = """\
server=$!
trap 'kill $server' TERM INT HUP
{ cat <&3 >/dev/null; kill $server; } &
exec 3<&-
wait $server
"""


def _words(words: Any) -> str:
    return shlex.join([word.replace(HERE, DATA) for word in words])


def _hold_input() -> None:
    """A standard input that ends when we do: whoever could write to it is ourselves."""
    reading, writing = os.pipe()
    os.dup2(reading, 0)
    os.close(reading)
    os.set_inheritable(writing, True)
