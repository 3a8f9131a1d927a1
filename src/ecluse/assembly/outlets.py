"""Through what releases leave this machine. All of it is imported when it is used: most commands release nothing."""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecluse.assembly.caches import is_plain
from ecluse.model.ci import in_ci
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.publishing import git_remote
from ecluse.ports.outlets import Outlets
from ecluse.system.artifacts import FolderArtifacts
from ecluse.system.boundary import reach

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from ecluse.model.publishing import ForgePlace, ImagePlace, IndexPlace
    from ecluse.ports.artifacts import ArtifactStore
    from ecluse.ports.commands import CommandRunner
    from ecluse.ports.distributions import Packer
    from ecluse.ports.forge import Forge
    from ecluse.ports.index import PackageIndex
    from ecluse.ports.registry import Registry
    from ecluse.ports.remote import Remote
    from ecluse.ports.signing import Signer, Verifier


def outlets_of(root: Path, home: Path, env: Mapping[str, str], commands: CommandRunner) -> Outlets:
    here = _Here(root, home, env, commands)
    return Outlets(
        own=FolderArtifacts(home / "releases"),
        shared=here.shared,
        remote=here.remote,
        packer=here.packer,
        index=here.index,
        forge=here.forge,
        registry=here.registry,
        signer=here.signer,
        verifier=verifier,
        alone=here.alone,
        reached=reach,
    )


@dataclass(frozen=True, slots=True)
class _Here:
    root: Path
    home: Path
    env: Mapping[str, str]
    commands: CommandRunner

    def shared(self, place: str) -> ArtifactStore:
        from ecluse.ports.cache import UnreachableError  # noqa: PLC0415

        if remote := git_remote(place):
            from ecluse.providers.git.artifacts import GitArtifacts  # noqa: PLC0415

            return GitArtifacts(remote, self.root, self.commands, self.env)
        if "://" not in place:
            return FolderArtifacts(self.root / place, mounted=True)
        try:
            from ecluse.providers.objects.artifacts import ObjectArtifacts  # noqa: PLC0415  an extra
        except ImportError as error:
            raise UnreachableError(f"{place}: obstore isn't installed: pip install 'ecluse[store]'") from error
        return ObjectArtifacts(place, allow_http=is_plain(self.env))

    def remote(self, name: str) -> Remote:
        from ecluse.providers.git.remote import GitRemote  # noqa: PLC0415

        return GitRemote(name, self.root, self.commands, self.env)

    def packer(self) -> Packer:
        from ecluse.providers.uv.distributions import UvPacker  # noqa: PLC0415

        return UvPacker(home=self.home, env=self.env, commands=self.commands)

    def index(self, place: IndexPlace) -> PackageIndex:
        from uv import find_uv_bin  # noqa: PLC0415

        from ecluse.providers.index.index import UvIndex  # noqa: PLC0415

        secrets = self._secrets(place.secrets)
        return UvIndex(place, uv=Path(find_uv_bin()), env=self.env, secrets=secrets, commands=self.commands)

    def forge(self, place: ForgePlace, address: str) -> Forge:
        from ecluse.model.publishing import ForgeKind  # noqa: PLC0415
        from ecluse.providers.github.forge import GitHubForge  # noqa: PLC0415
        from ecluse.providers.gitlab.forge import GitLabForge  # noqa: PLC0415

        token = self._secrets([place.token])[place.token]
        kind = GitHubForge if place.kind is ForgeKind.GITHUB else GitLabForge
        return kind(place, address, token=token, env=self.env)

    def registry(self, place: ImagePlace) -> Registry:
        from ecluse.providers.oci.registry import OciRegistry  # noqa: PLC0415

        return OciRegistry(place, secrets=self._secrets(place.secrets))

    def signer(self, variable: str) -> Signer:
        text = self._secrets([variable])[variable].strip()
        try:
            from ecluse.providers.ed25519.keys import Ed25519Signer  # noqa: PLC0415  an extra
        except ImportError as error:
            raise ProblemError(_no_library()) from error
        try:
            return Ed25519Signer(text if text.startswith("-----") else self._of_file(variable, text))
        except ValueError as error:
            raise ProblemError(_no_key(variable, str(error))) from error

    def alone(self) -> AbstractContextManager[None]:
        from ecluse.system.turns import releasing  # noqa: PLC0415

        return releasing(self.home / "releases" / "lock")

    def _of_file(self, variable: str, name: str) -> str:
        """As ssh(1) does it, a key that others may read is none; a CI writes its files for itself alone, and open."""
        try:
            path = self.root / Path(name).expanduser()
            with path.open(encoding="utf-8") as file:
                mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
                text = file.read()
        except (OSError, ValueError, RuntimeError) as error:
            raise ValueError("it is neither a key nor the path of a file that can be read") from error  # nor quoted
        if mode & 0o077 and not in_ci(self.env):
            raise ProblemError(_open_key(variable, name, mode))
        return text

    def _secrets(self, names: Iterable[str]) -> dict[str, str]:
        """Without an end of line, which a form or a file easily leaves there and no token has."""
        found = {name: self.env.get(name, "").rstrip("\r\n") for name in names}
        missing = [name for name, value in found.items() if not value]
        if missing:
            raise ProblemError(
                Problem(
                    code="R019",
                    what=f"{', '.join(missing)} has no value: [release] names it",
                    state="this command changed nothing",
                    fix=f"set it for this command: {missing[0]}=… ecluse release",
                )
            )
        return found


def verifier(line: str) -> Verifier:
    try:
        from ecluse.providers.ed25519.keys import Ed25519Verifier  # noqa: PLC0415  an extra
    except ImportError as error:
        raise ProblemError(_no_library()) from error
    try:
        return Ed25519Verifier(line)
    except ValueError as error:
        raise ProblemError(_no_key(line[:40], str(error))) from error


def _no_key(name: str, why: str) -> Problem:
    return Problem(
        code="R040",
        what=f"{name} is no Ed25519 key that can be used",
        evidence=(why,) if why else (),
        state="nothing was signed",
        fix="make a pair of keys without a passphrase: ssh-keygen -t ed25519 -N '' -f release_key",
    )


def _open_key(variable: str, name: str, mode: int) -> Problem:
    return Problem(
        code="R044",
        what=f"the key that {variable} names can be read by others on this machine",
        evidence=(f"{name}: its mode is {mode:03o}",),
        state="nothing was signed",
        fix=f"chmod 600 {shlex.quote(name)}; if somebody may have read it, make a new one and change `signed_by`",
    )


def _no_library() -> Problem:
    return Problem(
        code="R041",
        what="signatures need the library `cryptography`, which isn't installed",
        fix="pip install 'ecluse[sign]'",
    )
