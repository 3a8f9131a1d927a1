"""What the remote shell is given: it may be any, so all is quoted for /bin/sh and handed to that."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from ecluse.ports.hosts import Sent

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


NO_FOLDER, IS_FOLDER, NO_SUM, DAMAGED = 92, 93, 94, 95
"""Exit codes of `place`: the folder isn't there; the path is one; nothing there knows SHA-256; what came isn't what was
sent."""

FOUND = b"ecluse: "
"""Before it stands whatever a login shell says to everybody."""

_PLACE = """\
f=$1; blake=$2; sha=$3; mode=$4; mask=$5; t=$6; d=.
case $f in */*) d=${f%/*};; esac
[ -d "$f" ] && exit 93
[ -d "${d:-/}" ] || exit 92
if command -v b2sum >/dev/null; then sum=b2sum; want=$blake
elif command -v sha256sum >/dev/null; then sum=sha256sum; want=$sha
elif command -v shasum >/dev/null; then sum="shasum -a 256"; want=$sha
else exit 94; fi
found=none
if [ -e "$f" ]; then
    there=$($sum <"$f") || exit 1
    if [ "${there%% *}" = "$want" ]; then
        now=$(stat -c %a "$f" 2>/dev/null || stat -f %Lp "$f")
        [ "$now" = "$mode" ] && echo "ecluse: same" && exit
        [ -z "$t" ] || chmod "$mode" "$f" || exit 1
        echo "ecluse: mode"
        exit
    fi
    found=other
fi
if [ -n "$t" ]; then set -C; umask "$mask"; : >"$t" || exit 1; trap 'rm -f "$t"' EXIT; fi
echo "ecluse: $found"
[ -n "$t" ] || exit 0
cat >>"$t" && came=$($sum <"$t") || exit 1
[ "${came%% *}" = "$want" ] || exit 95
case $mode in 6[04][04]) ;; *) chmod "$mode" "$t" || exit 1;; esac
mv -f "$t" "$f" && trap - EXIT
"""
"""Few programs are started, for on fifty hosts each counts: the file gets its mode as it is made, where a file can."""


def place(file: Sent, beside: str) -> str:
    """Says in a line that begins with FOUND what is at the file's path; if that isn't the file, takes it from standard
    input and puts it there whole, by way of a new file of that name and `beside`. Without that nothing is taken and
    nothing changes."""
    path = f"./{file.path}" if file.path.startswith("-") else file.path
    mask = f"{0o777 & ~file.mode if file.mode & 0o200 else 0o077:03o}"
    new = f"{path}.{beside}" if beside else ""
    return script(_PLACE, path, file.blake2b, file.sha256, f"{file.mode:o}", mask, new)
