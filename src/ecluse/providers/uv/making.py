"""Making environments and wheelhouses: resolve, collect, build, install, each kept under what it was made from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from uv import find_uv_bin

from ecluse.model.app import Build
from ecluse.model.artifact import Wheel, Wheelhouse, digest_of
from ecluse.model.ids import Digest
from ecluse.model.platform import Platform
from ecluse.model.problem import Problem, ProblemError
from ecluse.ports.commands import CommandRunner
from ecluse.ports.python import Interpreter, OtherPythonError, UnbuiltError
from ecluse.ports.store import ContentStore
from ecluse.providers.uv import failure, metadata, platforms, sources, wanted
from ecluse.providers.uv.building import Builder, Source
from ecluse.providers.uv.collect import Collecting, Collector, together
from ecluse.providers.uv.download import Downloads
from ecluse.providers.uv.environments import Environments
from ecluse.providers.uv.exercised import CI_FOLDERS, exercised
from ecluse.providers.uv.interpreters import Found
from ecluse.providers.uv.keep import keep, key_of, recall
from ecluse.providers.uv.limits import Limits
from ecluse.providers.uv.lock import Lock
from ecluse.providers.uv.platforms import Elsewhere
from ecluse.providers.uv.program import Say, Uv
from ecluse.providers.uv.resolve import Resolver, Resolving
from ecluse.providers.uv.scratch import scratch_root
from ecluse.providers.uv.settings import pip_settings, uv_environment, without_pip
from ecluse.providers.uv.sources import Kind, Question
from ecluse.providers.uv.trees import tree_key

LARGEST = 4 << 20
"""Bytes of a file that is read for what it asks for; a lock of a thousand packages has less than half of that."""
OF_A_WORKSPACE = frozenset((str(Kind.UV_LOCK),))
"""What the root of a workspace holds for its members (docs.astral.sh/uv/concepts/projects/workspaces)."""


class Maker:
    """The work behind UvToolchain, apart from it because of what it has to import."""

    def __init__(
        self,
        *,
        home: Path,
        env: Mapping[str, str],
        commands: CommandRunner,
        store: ContentStore,
        installer: str,
        find: Callable[[], tuple[Found, ...]],
    ) -> None:
        self._home, self._find, self._store, self._installer = home, find, store, installer
        pip = pip_settings(env)
        uv = Uv(Path(find_uv_bin()), uv_environment(env, pip), commands, home, without_pip(env, pip))
        self._resolver = Resolver(uv, home)
        self._builder = Builder(uv, home, store)
        self._collector = Collector(Downloads(home, store, uv.env), self._builder)
        self._environments = Environments(uv, home, store)

    def chosen(self, tree: Path, build: Build) -> Found:
        """Raises ProblemError B001 when no interpreter fits."""
        read, found = reader(tree / build.project, tree), self._find()
        picked = wanted.pick(
            [one.interpreter for one in found], wanted.demands(read, build.python), known_to_run(read, tree)
        )
        if isinstance(picked, Problem):
            raise ProblemError(picked)
        return next(one for one in found if one.interpreter == picked)

    def suits(self, tree: Path, build: Build, versions: Sequence[str]) -> str:
        """As `chosen`, of the Pythons of a host. ProblemError B002."""
        read = reader(tree / build.project, tree)
        there = [Interpreter(version=version, path=Path(version)) for version in versions]
        demands = wanted.demands(read, build.python)
        picked = wanted.pick(there, demands, known_to_run(read, tree))
        if isinstance(picked, Problem):
            raise ProblemError(wanted.none_on_host(versions, demands))
        return picked.version

    def fitting(self, tree: Path, build: Build) -> tuple[Interpreter, ...]:
        found = [one.interpreter for one in self._find()]
        usable = wanted.admitted(found, wanted.demands(reader(tree / build.project, tree)))
        return tuple({one.minor: one for one in reversed(usable)}.values())[::-1]

    async def environment(self, tree: Path, build: Build, *, tests: bool, identity: str, say: Say) -> Path:
        job = await self._job(tree, build, identity, say)
        return await self._environments.filled(await self._wheels(job, tests=tests), job.python, say)

    async def wheelhouse(
        self, tree: Path, build: Build, *, servers: tuple[str, ...], identity: str, say: Say, platform: Platform | None
    ) -> Wheelhouse:
        job = await self._job(tree, build, identity, say)
        job = self._moved(job, platform) if platform else job
        app = await self._wheels(job, tests=False)
        server = await self._pinned("\n".join(servers), job)
        (pip,) = await self._pinned(self._installer, job)
        house = Wheelhouse(
            python=job.python.interpreter.minor, machine=job.python.machine, libc=job.python.libc,
            digest=Digest(""), app=app, server=server, pip=pip,
        )  # fmt: skip
        return replace(house, digest=digest_of(asdict(house)))

    def _moved(self, job: Job, there: Platform) -> Job:
        """The same for a host: with a Python of this machine that makes what runs there, else as far as it goes."""
        native = (one for one in self._find() if one.interpreter.minor == there.minor) if platforms.runs(there) else ()
        if (found := next(iter(native), None)) is not None:
            return replace(job, python=found, tested=job)
        if not platforms.uv_name(there):
            raise ProblemError(failure.no_platform(there))
        return replace(job, python=Elsewhere.of(there, job.python), tested=job)

    async def _job(self, tree: Path, build: Build, identity: str, say: Say) -> Job:
        return Job(tree, build, self.chosen(tree, build), await self._content(tree, identity), say)

    async def _content(self, tree: Path, identity: str) -> str:
        """A name for the tree's content. A commit is read once, then known by its name."""
        if not identity:
            return await asyncio.to_thread(tree_key, tree)
        record = self._home / "cache" / "trees" / f"{key_of(identity)}.json"
        known = recall(record)
        if known is None:
            known = await asyncio.to_thread(tree_key, tree)
            keep(record, known)
        return str(known)

    async def _wheels(self, job: Job, *, tests: bool) -> tuple[Wheel, ...]:
        lock = await self._lock(job, tests=tests)
        work = [self._collector.collect(lock, job.collecting, job.say)]
        if job.build.install_project and sources.builds_project(job.read):
            work.append(self._project_alone(job))
        wheels = [wheel for part in await together(work) for wheel in part]
        return tuple(sorted(wheels, key=lambda wheel: wheel.name))

    async def _project_alone(self, job: Job) -> tuple[Wheel, ...]:
        return (await self._project(job),)

    async def _lock(self, job: Job, *, tests: bool) -> Lock:
        """Ranges are resolved together with those of the tests: what ships is what was tested."""
        sources.require_files(job.read, job.build)
        asked = await self._asked(job, tests=tests)
        if job.tested is not None:
            return await self._lock_as_tested(job, job.tested, asked)
        if not tests and asked.kind not in sources.LOCKS and sources.has_tests(job.build):
            asked = replace(asked, pins=(*asked.pins, *await self._tested_versions(job)))
        try:
            return await self._resolver.answer(asked, job.resolving, job.say)
        except OtherPythonError as error:
            if problem := wanted.none_there(error, [one.interpreter for one in self._find()]):
                raise OtherPythonError(problem, wanted=error.wanted) from error
            raise

    async def _lock_as_tested(self, job: Job, tested: Job, asked: Question) -> Lock:
        """For another Python than the one that it was tested with: the same versions, and what only that one needs."""
        if asked.kind not in sources.LOCKS:
            asked = replace(asked, pins=(*asked.pins, *versions_of(await self._lock(tested, tests=False))))
        try:
            return await self._resolver.answer(asked, job.resolving, job.say)
        except ProblemError as error:
            is_of_versions = isinstance(error, UnbuiltError | OtherPythonError)
            if not is_of_versions and any(problem.code != failure.NOTHING_FITS for problem in error.problems):
                raise
            raise failure.nothing_there(error, job.there) from error

    async def _tested_versions(self, job: Job) -> tuple[str, ...]:
        """None when app and tests don't go together: then there is nothing tested to hold to.

        An index that doesn't answer is no reason to go without: another answer tomorrow would be another bundle.
        """
        try:
            lock = await self._lock(job, tests=True)
        except ProblemError as error:
            if any(problem.code != failure.NOTHING_FITS for problem in error.problems):
                raise
            return ()
        return versions_of(lock)

    async def _asked(self, job: Job, *, tests: bool) -> Question:
        asked = sources.question(job.read, job.build, job.python.version, tests=tests)
        return await self._of_metadata(asked, job) if asked.kind is Kind.METADATA else asked

    async def _of_metadata(self, asked: Question, job: Job) -> Question:
        project = await self._project(job)
        lines = metadata.requires(self._store.path(project.digest), asked.extras, job.python.version)
        return replace(asked, lines=(*lines, *asked.lines), extras=())

    async def _project(self, job: Job) -> Wheel:
        source = Source(name="the project", key=job.content, folder=job.project, project=True)
        return await self._builder.wheel(source, job.python, Limits.of(job.build), job.say)

    async def _pinned(self, text: str, job: Job) -> tuple[Wheel, ...]:
        """Wheels of requirement lines that are pinned and hashed already; nothing of the app binds them."""
        lines = (line.strip() for line in text.replace("\\\n", " ").splitlines())
        asked = Question(
            kind=Kind.FILES,
            lines=tuple(line for line in lines if line and not line.startswith("#")),
            vouched=sources.hashes_in([text]),
            exact=True,
        )
        apart = replace(job, tree=scratch_root(self._home), build=Build())
        lock = await self._resolver.answer(asked, apart.resolving)
        return await self._collector.collect(lock, apart.collecting, job.say)


@dataclass(frozen=True, slots=True)
class Job:
    """One tree for one Python. `content` names what the tree holds."""

    tree: Path
    build: Build
    python: Found
    content: str
    say: Say
    tested: Job | None = None
    """The same for the Python that it was tested with, where this is another."""

    @property
    def there(self) -> Platform:
        if isinstance(self.python, Elsewhere):
            return self.python.there
        machine, libc, release = platforms.here()
        return Platform(python=self.python.version, machine=machine, libc=libc, release=release)

    @property
    def project(self) -> Path:
        return self.tree / self.build.project

    @property
    def read(self) -> sources.Read:
        return reader(self.project, self.tree, only=OF_A_WORKSPACE)

    @property
    def resolving(self) -> Resolving:
        return Resolving(self.project, self.read, self.python, Limits.of(self.build), root=self.tree)

    @property
    def collecting(self) -> Collecting:
        return Collecting(python=self.python, tree=self.project, limits=Limits.of(self.build))


def versions_of(lock: Lock) -> tuple[str, ...]:
    """Requirements that pin what it has from an index."""
    return tuple(f"{package.name}=={package.version}" for package in lock if package.version)


def known_to_run(read: sources.Read, tree: Path) -> frozenset[wanted.Minor]:
    """The Pythons with which it is said to run."""
    return wanted.too_old(read) or exercised(read, workflows(tree))


def workflows(tree: Path) -> tuple[str, ...]:
    return tuple(f"{folder}/{path.name}" for folder in CI_FOLDERS for path in (tree / folder).glob("*.y*ml"))


def reader(folder: Path, root: Path, *, only: frozenset[str] = frozenset()) -> sources.Read:
    """Files of `folder`; what it lacks is looked for upwards to `root`, or just `only` that."""

    def read(name: str) -> str | None:
        for place in (folder, *folder.parents):
            with suppress(OSError, ValueError):
                path = place / name
                return path.read_text(encoding="utf-8", errors="replace") if path.stat().st_size <= LARGEST else None
            if place == root or (only and name not in only):
                break
        return None

    return read
