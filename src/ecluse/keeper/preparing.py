"""Making a host ready, for one user: the program, the Python that runs it, and what starts keepers after a reboot.

Everything lies below one folder of the user's, but for the one thing that the system reads at boot. What is right
already is left alone, so it may be run again at any time.
"""

import os
import shutil
import subprocess
import sys
from typing import Any, Callable, Dict, List, NamedTuple, Optional

from ecluse.keeper import program
from ecluse.keeper.facts import SYSTEMD, environments, facts

UNIT = """\
[Unit]
Description=The keepers of this user's apps (ecluse)

[Service]
Type=oneshot
RemainAfterExit=yes
KillMode=process
ExecStart={python} -I {program} boot {root}

[Install]
WantedBy=default.target
"""
"""For the user's own systemd, which runs from boot on if the user lingers (loginctl(1))."""
MARK = "# ecluse: starts the keepers"


class Change(NamedTuple):
    """One thing that isn't as it should be. `make` makes it so."""

    what: str
    make: Callable[[], None]


def main(root: str, *, apply: bool) -> Dict[str, Any]:
    """`{"changes": [what, …], "notes": [what can't be had, …], "facts": …}`; with `apply` the changes are made."""
    root = os.path.abspath(os.path.expanduser(root))
    found = [*_program(root), *_python(root), *_boot(root)]
    if apply:
        for change in found:
            change.make()
    return {"changes": [change.what for change in found], "notes": _notes(), "facts": facts(root)}


def boot(root: str) -> int:
    """Start a keeper for each environment that had one; it takes up what ran there. The exit code says whether all are
    there."""
    ended = [
        subprocess.run(program.command("run", "--daemon", "--home", folder), stdin=subprocess.DEVNULL, check=False)
        for folder in environments(os.path.expanduser(root))
    ]
    return max((abs(one.returncode) for one in ended), default=0)


def _program(root: str) -> List[Change]:
    path = os.path.join(root, "keepers", "keeper-%s.pyz" % program.version())
    link = os.path.join(root, "keeper.pyz")
    found = []
    if not os.path.exists(path):
        found.append(Change("put the keeper's program into %s" % path, lambda: _copy(program.archive(), path)))
    if _target(link) != path:
        found.append(Change("let %s be that program" % link, lambda: _link(path, link)))
    return found


def _python(root: str) -> List[Change]:
    """One that is linked stays as long as it can be run: a keeper may run on it."""
    link, real = os.path.join(root, "python"), os.path.realpath(sys.executable)
    if os.access(link, os.X_OK):
        return []
    return [Change("let %s be %s" % (link, real), lambda: _link(real, link))]


def _boot(root: str) -> List[Change]:
    python, path = os.path.join(root, "python"), os.path.join(root, "keeper.pyz")
    if os.path.isdir(SYSTEMD):
        return _unit(UNIT.format(python=python, program=path, root=root))
    if shutil.which("crontab"):
        return _crontab("@reboot %s -I %s boot %s %s" % (python, path, root, MARK))
    return []


def _unit(text: str) -> List[Change]:
    path = os.path.expanduser("~/.config/systemd/user/ecluse.service")
    if _text(path) == text:
        return []
    return [Change("write %s, which starts the keepers at boot, and enable it" % path, lambda: _enable(path, text))]


def _crontab(line: str) -> List[Change]:
    listed = subprocess.run(["crontab", "-l"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    before = listed.stdout.decode("utf-8", "replace") if listed.returncode == 0 else ""
    if line in before.splitlines():
        return []
    others = [other for other in before.splitlines() if not other.endswith(MARK)]
    after = "\n".join([*others, line]) + "\n"
    return [
        Change(
            "add a line to this user's crontab, which starts the keepers at boot",
            lambda: _checked(["crontab", "-"], after),
        )
    ]


def _notes() -> List[str]:
    """What would be needed besides, and can't be done from here."""
    if os.path.isdir(SYSTEMD):
        user = os.environ.get("USER", "") or str(os.geteuid())
        lingers = os.path.exists("/var/lib/systemd/linger/" + user)
        return (
            [] if lingers or os.geteuid() == 0 else ["keepers start at login only: sudo loginctl enable-linger " + user]
        )
    if shutil.which("crontab"):
        return []
    return ["nothing here starts the keepers after a reboot (neither systemd nor cron): the next deploy does"]


def _enable(path: str, text: str) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    _checked(["systemctl", "--user", "daemon-reload"])
    _checked(["systemctl", "--user", "enable", "ecluse.service"])


def _checked(words: List[str], given: str = "") -> None:
    ran = subprocess.run(words, input=given.encode(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if ran.returncode:
        said = ran.stdout.decode("utf-8", "replace").strip()
        raise OSError("`%s` ended with %d: %s" % (" ".join(words), ran.returncode, said))


def _copy(source: str, path: str) -> None:
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    shutil.copyfile(source, path + ".new")
    with open(path + ".new", "rb") as file:
        os.fsync(file.fileno())
    os.rename(path + ".new", path)


def _link(target: str, link: str) -> None:
    """In one go, whatever was there."""
    os.makedirs(os.path.dirname(link), mode=0o700, exist_ok=True)
    if os.path.islink(link + ".new"):
        os.unlink(link + ".new")
    os.symlink(target, link + ".new")
    os.rename(link + ".new", link)


def _target(link: str) -> str:
    return os.readlink(link) if os.path.islink(link) else ""


def _text(path: str) -> Optional[str]:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return None
