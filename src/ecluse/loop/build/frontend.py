"""The front end of an app: built from the commit in a tree of its own; what it leaves is a part of the bundle.

It is kept by all that it is made of, so that a change elsewhere doesn't build it again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from ecluse.loop.build.node import NODE, Tools, choose, holding
from ecluse.loop.code.checkout import Checkout, compose
from ecluse.loop.code.globs import chosen
from ecluse.loop.code.trees import list_files
from ecluse.loop.code.workplace import TMPDIR, Workplace
from ecluse.loop.test.surroundings import SYSTEM_PATH
from ecluse.model.app import Argv, Frontend
from ecluse.model.artifact import SourceFile
from ecluse.model.ids import Digest
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.values import frozen
from ecluse.ports.commands import Command, Finished
from ecluse.ports.store import ContentStore
from ecluse.ports.world import World

MANIFEST = "ecluse.toml"
NETWORK = ("NODE_EXTRA_CA_CERTS", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy")
"""What of the caller's environment an install may see, beside its package manager's settings."""
FIXED = {
    "LANG": "C.UTF-8",
    "TZ": "UTC",
    "CI": "true",
    "SOURCE_DATE_EPOCH": "315619200",
    "COREPACK_ENABLE_DOWNLOAD_PROMPT": "0",
    "NEXT_TELEMETRY_DISABLED": "1",
    "npm_config_audit": "false",
    "npm_config_fund": "false",
    "npm_config_update_notifier": "false",
}
PROBE = timedelta(seconds=20)


@frozen
class Maker:
    """Builds one front end. `tell` gets each line that its programs write."""

    world: World
    place: Workplace
    checkout: Checkout
    tell: Callable[[str], None]

    async def files(self, frontend: Frontend) -> tuple[SourceFile, ...]:
        """What it leaves, in the store: what was kept, or built anew.

        ProblemError B060: its tools aren't here. B061: it fails. B062: an output isn't there afterwards.
        """
        tools = await self.tools(frontend)
        kept = await asyncio.to_thread(self.kept, frontend, tools)
        if kept is not None:
            return kept
        tree = self.place.folder / "frontend"
        await self.build(frontend, tools, tree)
        return await asyncio.to_thread(self.keep, frontend, tools, tree)

    async def tools(self, frontend: Frontend) -> Tools:
        """ProblemError B060 when they aren't here. Asked in a folder of ours: a shim may refuse in the repository's."""
        env = self.world.env
        versions = {folder: await self._version(folder / NODE) for folder in holding(NODE, env)}
        return choose((frontend.install or frontend.command)[0], frontend.node, env, versions)

    async def _version(self, node: Path) -> str:
        command = Command(argv=(str(node), "--version"), folder=self.place.folder, timeout=PROBE)
        try:
            finished = await self.world.commands.run(command)
        except ProblemError:
            return ""
        return finished.output if finished.ok else ""

    async def build(self, frontend: Frontend, tools: Tools, tree: Path) -> None:
        """Install and build in `tree`, which is made."""
        await asyncio.to_thread(compose, self.checkout, frontend.inputs, (), tree)
        scratch = self.place.homes.lend()
        for argv, env in ((frontend.install, self._network()), (frontend.command, {})):
            if argv:
                settings = {**self._environment(tools, scratch), **env, **frontend.env}
                finished = await self._run(argv, tree / frontend.folder, settings, scratch, frontend.timeout)
                if not finished.ok:
                    raise ProblemError(failed(argv, finished))
        self.place.homes.take(scratch, self.world.clock.monotonic())

    async def _run(self, argv: Argv, folder: Path, env: Mapping[str, str], scratch: Path, limit: timedelta) -> Finished:
        shown = (self.world.home, self.place.folder, scratch)
        command = Command(argv=argv, folder=folder, env=env, timeout=limit, on_output=self.tell,
                          veiled=self.world.root, shown=shown)  # fmt: skip
        return await self.world.commands.run(command)

    def _environment(self, tools: Tools, scratch: Path) -> dict[str, str]:
        path = ":".join([*map(str, tools.folders), SYSTEM_PATH])
        cache = self.world.home / "cache" / "node"
        caches = {"npm_config_cache": "npm", "YARN_CACHE_FOLDER": "yarn", "BUN_INSTALL_CACHE_DIR": "bun",
                  "COREPACK_HOME": "corepack", "XDG_DATA_HOME": "data", "XDG_CACHE_HOME": "cache"}  # fmt: skip
        kept = {name: str(cache / folder) for name, folder in caches.items()}
        return {**FIXED, "PATH": path, "HOME": str(scratch), "TMPDIR": str(scratch / TMPDIR), **kept}

    def _network(self) -> dict[str, str]:
        """What it takes to reach a registry; the user's settings may hold a token for it."""
        env = self.world.env
        own = {name: value for name, value in env.items() if name in NETWORK or name.lower().startswith("npm_config_")}
        settings = Path(env.get("HOME", "/nonexistent")) / ".npmrc"
        return {"NPM_CONFIG_USERCONFIG": str(settings), **own} if settings.is_file() else own

    def kept(self, frontend: Frontend, tools: Tools) -> tuple[SourceFile, ...] | None:
        """What was built of the same things before, if all of it is still in the store."""
        try:
            listed = json.loads(self._entry(frontend, tools).read_text(encoding="utf-8"))
            files = tuple(SourceFile(path=path, mode=mode, digest=Digest(digest)) for path, mode, digest in listed)
        except (OSError, ValueError, TypeError):
            return None
        return files if all(self.world.store.has(file.digest) for file in files) else None

    def keep(self, frontend: Frontend, tools: Tools, tree: Path) -> tuple[SourceFile, ...]:
        """Take the outputs of `tree` into the store, and remember them. ProblemError B062 when one isn't there."""
        files = tuple(stored(path, tree, self.world.store) for path in left(frontend, tree))
        entry = self._entry(frontend, tools)
        entry.parent.mkdir(parents=True, exist_ok=True)
        fresh = entry.with_suffix(f".{self.place.folder.name}")
        fresh.write_text(json.dumps([[file.path, file.mode, file.digest] for file in files]), encoding="utf-8")
        fresh.rename(entry)
        return files

    def _entry(self, frontend: Frontend, tools: Tools) -> Path:
        """Named by everything that goes into it; the manifest isn't, but for what it says of the front end."""
        about = asdict(frontend) | {"timeout": 0}
        key = hashlib.sha256(json.dumps([about, tools.version], sort_keys=True).encode())
        for name in chosen(self.checkout.files, frontend.inputs):
            path = self.checkout.folder / name
            if name != MANIFEST:
                content = str(path.readlink()).encode() if path.is_symlink() else path.read_bytes()
                key.update(json.dumps([name, hashlib.sha256(content).hexdigest()]).encode())
        return self.world.home / "cache" / "frontends" / f"{key.hexdigest()[:40]}.json"


def left(frontend: Frontend, tree: Path) -> tuple[str, ...]:
    """The files of the outputs, relative to the tree."""
    found: dict[str, None] = {}
    for output in frontend.outputs:
        path = tree / output
        if not path.exists() or not path.resolve().is_relative_to(tree.resolve()):
            raise ProblemError(not_there(frontend, output))
        below = [f"{output.rstrip('/')}/{name}" for name in list_files(path)] if path.is_dir() else [output]
        found |= dict.fromkeys(below)
    return tuple(sorted(found))


def stored(name: str, tree: Path, store: ContentStore) -> SourceFile:
    path = tree / name
    if path.is_symlink():
        return SourceFile(path=name, mode="link", digest=store.put_bytes(bytes(path.readlink())))
    mode = "executable" if path.stat().st_mode & 0o100 else "file"
    return SourceFile(path=name, mode=mode, digest=store.put_file(path))


def failed(argv: Argv, finished: Finished) -> Problem:
    said = "took too long" if finished.timed_out else f"ended with exit {finished.exit_code}"
    return Problem(
        code="B061",
        what=f"the front end can't be built: `{' '.join(argv)}` {said}",
        fix="mend what it says, or change [frontend] in the manifest",
        evidence=tuple(finished.output.splitlines()[-20:]),
        state="nothing was changed",
    )


def not_there(frontend: Frontend, output: str) -> Problem:
    return Problem(
        code="B062",
        what=f"`{' '.join(frontend.command)}` left no {output}",
        fix="name in [frontend] outputs what it writes",
        state="nothing was changed",
    )
