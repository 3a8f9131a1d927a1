"""Why a host can't be reached over SSH, told to a person."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from ecluse.model.host import Address
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.providers.ssh.library import asyncssh
from ecluse.providers.ssh.words import DAMAGED, IS_FOLDER, NO_FOLDER, NO_SUM


@dataclass(slots=True)
class Offered:
    """What the host said of itself on the way: filled in while we connect."""

    key: str = ""
    known: tuple[str, ...] = field(default=())
    """The keys that we know it by."""

    @property
    def is_another(self) -> bool:
        """Than the one that we know, as far as was heard."""
        return bool(self.key and self.known) and self.key not in self.known


def unreachable(address: Address, error: BaseException, offered: Offered) -> ProblemError:
    """For whatever asyncssh raises while it connects."""
    return ProblemError(_problem(address, error, offered))


def _problem(address: Address, error: BaseException, offered: Offered) -> Problem:
    if isinstance(error, asyncssh.HostKeyNotVerifiable) or offered.is_another:
        return _changed(address, offered) if offered.known else _unknown(address, offered)
    if isinstance(error, asyncssh.PermissionDenied):
        return Problem(
            code="H003", what=f"{address} lets nobody in as {address.user or 'you'} with the keys that were offered",
            fix=f"try `ssh {_words(address)}`; add your key there (`ssh-copy-id {_words(address)}`), or name the right "
            "user and key in the manifest or in ~/.ssh/config",
            evidence=(str(error.reason),), exit=Exit.UNREACHABLE,
        )  # fmt: skip
    why = "no answer in time" if isinstance(error, TimeoutError | asyncio.TimeoutError) else str(error)
    return Problem(
        code="H004", what=f"{address} can't be reached: {why or type(error).__name__}",
        fix=f"try `ssh {_words(address)}`; the name, the port, the network between or the host's sshd is what fails",
        exit=Exit.UNREACHABLE,
    )  # fmt: skip


def _unknown(address: Address, offered: Offered) -> Problem:
    return Problem(
        code="H001", what=f"the host key of {address} is not known here, so it could be anybody's",
        fix=f"compare the fingerprint with the host's own (there: `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub`), "
        f"then connect once with `ssh {_words(address)}`",
        evidence=(f"it offers {offered.key}",) if offered.key else (), exit=Exit.UNREACHABLE,
    )  # fmt: skip


def _changed(address: Address, offered: Offered) -> Problem:
    return Problem(
        code="H002", what=f"the host key of {address} is not the one that is known: it may be somebody else",
        fix=f"ask whoever runs it whether it was set up anew; if so: `ssh-keygen -R {_known_as(address)}`, then "
        f"connect once with `ssh {_words(address)}`",
        evidence=(*(f"known: {key}" for key in offered.known), *((f"offered: {offered.key}",) if offered.key else ())),
        exit=Exit.UNREACHABLE,
    )  # fmt: skip


def unprepared(address: Address) -> ProblemError:
    return ProblemError(
        Problem(
            code="H005", what=f"{address} has no keeper's program yet",
            fix="`ecluse host prepare ENVIRONMENT` puts it there, for that user alone", exit=Exit.REFUSED,
        )
    )  # fmt: skip


def no_python(address: Address, found: str) -> ProblemError:
    there = ", ".join(dict.fromkeys(found.split("\n"))).strip(", ")
    return ProblemError(
        Problem(
            code="H006", what=f"{address} has no Python that could run a keeper: 3.9 or newer is needed",
            fix="install one there (Debian: `sudo apt-get install python3 python3-venv`)",
            evidence=(f"there is {there}",) if there else ("there is none",), exit=Exit.REFUSED,
        )
    )  # fmt: skip


def failed(address: Address, said: str) -> ProblemError:
    """Preparing it ended with an error of the host's."""
    lines = said.strip().splitlines()
    full = "No space left" in said or "Disk quota" in said
    return ProblemError(
        Problem(
            code="H007", what=f"{address} could not be prepared: {'its disk is full' if full else 'see what it says'}",
            fix="make room there, then run this again" if full else "mend what it says, then run this again",
            state="what was made stays, and is what the next run finds", evidence=tuple(lines[-6:]), exit=Exit.REFUSED,
        )
    )  # fmt: skip


def too_slow(address: Address, seconds: float) -> ProblemError:
    return ProblemError(
        Problem(
            code="H013", what=f"{address} did not end the command within {seconds:g} s",
            fix="give it longer (`--within`), or look there what holds it up",
            state="its connection was ended; a command that ignores that goes on", exit=Exit.UNREACHABLE,
        )
    )  # fmt: skip


def no_terminal(address: Address) -> ProblemError:
    return ProblemError(
        Problem(
            code="H018", what=f"{address} gives us no terminal",
            fix="allow it (PermitTTY in sshd_config(5), `no-pty` in front of the key in authorized_keys there); or do "
            "without: `echo COMMANDS | ecluse exec …`",
            state="nothing was run", exit=Exit.REFUSED,
        )
    )  # fmt: skip


def not_placed(address: Address, path: str, code: int, said: str) -> ProblemError:
    """A file that was to be put there."""
    why = {
        NO_FOLDER: "its folder isn't there",
        IS_FOLDER: "a folder has that name",
        NO_SUM: "nothing there computes a SHA-256",
        DAMAGED: "what arrived is not what was sent",
    }.get(code, "see what it says")
    return ProblemError(
        Problem(
            code="H019", what=f"{path} could not be put on {address}: {why}",
            fix=f"make it possible there (`ssh {_words(address)}`), then run this again",
            state="what was there is as it was", evidence=tuple(said.strip().splitlines()[-6:]), exit=Exit.REFUSED,
        )
    )  # fmt: skip


def no_start(address: Address, why: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="K003", what=f"the keeper on {address} could not be started",
            fix="`ecluse host check ENVIRONMENT` says what that host lacks",
            evidence=tuple(why.splitlines()[-10:]), exit=Exit.UNREACHABLE,
        )
    )  # fmt: skip


def _words(address: Address) -> str:
    user = f"{address.user}@" if address.user else ""
    return f"{f'-p {address.port} ' if address.port else ''}{user}{address.name}"


def _known_as(address: Address) -> str:
    """As OpenSSH writes it into known_hosts (sshd(8))."""
    return f"'[{address.name}]:{address.port}'" if address.port else address.name
