"""What the remote shell is given: it may be any, so all is quoted for /bin/sh and handed to that."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

UNPREPARED = 97
"""Exit code: the keeper's program isn't there."""

_KEEPER = """\
d="$HOME/$1"; shift
[ -x "$d/python" ] && [ -r "$d/keeper.pyz" ] || exit 97
exec "$d/python" -I "$d/keeper.pyz" "$@"
"""


def keeper(folder: str, *words: str) -> str:
    """Runs the keeper's program, which lies in `folder` of the user's home."""
    return script(_KEEPER, folder, *words)


def words(argv: Sequence[str]) -> str:
    """A command of the user's: one word is text for the shell there, as with ssh(1)."""
    return argv[0] if len(argv) == 1 else shlex.join(argv)


def script(text: str, *words: str) -> str:
    return shlex.join(["exec", "/bin/sh", "-c", text, "ecluse", *words])


NO_PYTHON = 96
"""Exit code: no Python that could run a keeper. What there is is printed."""

_PREPARE = """\
d="$HOME/$1"; k="$d/keepers/keeper-$2.pyz"; a=$3; sent=$4; found= said=
for p in "$d/python" python3 python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 /usr/bin/python3; do
    command -v "$p" >/dev/null 2>&1 || continue
    "$p" -I -c 'import sys; sys.exit(sys.version_info < (3, 9))' 2>/dev/null && found=$p && break
    said="$said$("$p" -V 2>&1)
"
done
[ -n "$found" ] || { printf %s "$said"; exit 96; }
if [ ! -r "$k" ]; then
    [ -n "$sent" ] || exit 97
    k=$(mktemp) && trap 'rm -f "$k"' EXIT && cat >"$k" || exit 1
fi
"$found" -I "$k" prepare "$d" $a
"""


def prepare(root: str, version: str, apply: str, *, sent: bool = False) -> str:
    """Runs the keeper's program of that version to prepare its host. `sent`: it comes on standard input, if it isn't
    there; else exit code UNPREPARED."""
    return script(_PREPARE, root, version, apply, "sent" if sent else "")
