"""What steps hand to others that run elsewhere, as jobs of a CI do.

FOLDER/STEP/outputs.tar   its declared outputs: an archive keeps modes, links and empty folders, a forge's store doesn't
FOLDER/STEP/made.json     at which commit, under which key, and its digest
FOLDER/STEP/reports/      JUnit, coverage, SARIF
FOLDER/STEP/logs/
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from pathlib import Path

from ecluse.loop.code.workplace import remove_tree
from ecluse.model.app import Step
from ecluse.model.ids import Commit, StepName, path_name
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.values import frozen

OUTPUTS, MADE, REPORTS, LOGS = "outputs.tar", "made.json", "reports", "logs"
OURS = frozenset((OUTPUTS, MADE, REPORTS, LOGS))
SARIF = ".sarif"
_OLDEST = 315532800
"""1980-01-01: the same outputs give the same archive."""


@frozen
class Handover:
    """A folder for one run. `given` are the needs whose outputs lie there, with the keys they were made under."""

    folder: Path
    commit: Commit
    given: Mapping[StepName, str] = field(default_factory=dict)

    @classmethod
    def of(cls, folder: Path, every: Sequence[Step], chosen: Sequence[Step], commit: Commit) -> Handover:
        """Of `chosen` steps what they need and what isn't run with them must be there: else ProblemError E027, or E028
        if it was made at another commit. What `chosen` left there before goes."""
        names = {step.name for step in chosen}
        wanted = {need for step in chosen for need in step.needs if need not in names}
        owners = [step for step in every if step.name in wanted and step.outputs]
        found = {step.name: _made(folder, step.name, commit) for step in owners}
        problems = [made for made in found.values() if isinstance(made, Problem)]
        if problems:
            raise ProblemError(*problems)
        if foreign := [name for name in sorted(names) if not _is_ours(folder / path_name(name))]:
            raise ProblemError(*(_foreign(folder, name) for name in foreign))
        for name in names:
            remove_tree(folder / path_name(name))
        return cls(
            folder=folder, commit=commit, given={name: made for name, made in found.items() if isinstance(made, str)}
        )

    def take(self, outputs: Path) -> None:
        """Unpack what is given, to a folder for each step below `outputs`. An archive that would write elsewhere is
        none of ours: ProblemError E027."""
        for name in self.given:
            try:
                with tarfile.open(self.folder / path_name(name) / OUTPUTS) as archive:
                    _unpack(archive, outputs / path_name(name))
            except tarfile.TarError as error:
                raise ProblemError(_missing(self.folder, name, str(error))) from error

    def leave(self, step: Step, outputs: Path, key: str) -> None:
        """Of a step that passed: `outputs` is the folder with what it has left, which need not be there."""
        place = self.folder / path_name(step.name)
        place.mkdir(parents=True, exist_ok=True)
        with tarfile.open(place / OUTPUTS, "w", format=tarfile.PAX_FORMAT) as archive:
            if outputs.exists():
                for path in sorted(outputs.iterdir()):
                    archive.add(path, path.name, filter=_anonymous)
        made = {"commit": self.commit, "key": key, "sha256": _sum(place / OUTPUTS)}
        (place / MADE).write_text(json.dumps(made, indent=2) + "\n", encoding="utf-8")

    def leave_findings(self, step: Step, outputs: Path) -> None:
        """Its SARIF, of a step that failed too: that is when there is something in it."""
        for output in step.outputs:
            if output.endswith(SARIF) and (outputs / output).is_file():
                self._copy(outputs / output, self.folder / path_name(step.name) / REPORTS / Path(output).name)

    def leave_papers(self, name: StepName, logs: Path, others: Iterable[StepName] = ()) -> None:
        """Log and reports, of a step that failed too. `others` are steps whose papers lie there as well."""
        own = path_name(name)
        longer = tuple(f"{other}." for step in others if (other := path_name(step)).startswith(f"{own}."))
        for paper in sorted(logs.glob(f"{own}.*")) if logs.is_dir() else ():
            if not paper.name.startswith(longer):
                kind = LOGS if paper.suffix == ".log" else REPORTS
                self._copy(paper, self.folder / own / kind / paper.name.removeprefix(f"{own}."))

    def leave_word(self, name: StepName, why: str) -> None:
        """Of a step that was skipped: a forge fails where nothing is left that another job takes."""
        place = self.folder / path_name(name) / LOGS
        place.mkdir(parents=True, exist_ok=True)
        (place / "skipped.log").write_text(f"{why}\n", encoding="utf-8")

    @staticmethod
    def _copy(source: Path, target: Path) -> None:
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)


def _is_ours(place: Path) -> bool:
    """Whether nothing lies there but what steps leave: the folder may be anybody's."""
    if not place.exists() and not place.is_symlink():
        return True
    return place.is_dir() and not place.is_symlink() and {path.name for path in place.iterdir()} <= OURS


def _foreign(folder: Path, name: str) -> Problem:
    return Problem(
        code="E029", what=f"{folder / path_name(name)} holds other things than what the step {name!r} left",
        state="nothing was run, and nothing removed",
        fix="name an empty folder of its own: --artifacts .ecluse/artifacts",
    )  # fmt: skip


def _made(folder: Path, name: StepName, commit: Commit) -> str | Problem:
    """The key that a step's outputs were made under; empty where nothing is kept of it."""
    try:
        place = folder / path_name(name)
        made = json.loads((place / MADE).read_bytes())
        at, key = str(made["commit"]), str(made["key"])
        if made["sha256"] != _sum(place / OUTPUTS):
            return _missing(folder, name, f"{OUTPUTS} isn't whole: its digest is another one")
    except (OSError, ValueError, KeyError, TypeError) as error:
        return _missing(folder, name, str(error))
    return key if at == commit else _stale(folder, name, at, commit)


def _unpack(archive: tarfile.TarFile, into: Path) -> None:
    """Nothing gets out of `into`: neither by its name, nor through a link that came before. `leave` writes files,
    folders and links alone; a hard link would be written through to what it names, which no look at its name tells."""
    if odd := next((entry for entry in archive if not (entry.isreg() or entry.isdir() or entry.issym())), None):
        raise tarfile.ReadError(f"{odd.name} is neither a file nor a folder nor a link")
    if hasattr(tarfile, "tar_filter"):
        archive.extractall(into, filter="tar")
        return
    for entry in archive:  # Python 3.11.0 to 3.11.3
        if not (into / entry.name).resolve().is_relative_to(into.resolve()):
            raise tarfile.ReadError(f"{entry.name} lies outside")
        archive.extract(entry, into)


def _sum(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _anonymous(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = ""
    entry.mtime = _OLDEST
    return entry


def _missing(folder: Path, name: str, why: str) -> Problem:
    return Problem(
        code="E027",
        what=f"the outputs of the step {name!r}, which is needed, aren't in {folder}",
        evidence=(why,),
        fix=f"`ecluse run {name} --only --artifacts {folder}` makes them; in a CI, let this job get what that one left",
    )


def _stale(folder: Path, name: str, at: str, commit: str) -> Problem:
    return Problem(
        code="E028",
        what=f"the outputs of the step {name!r} in {folder} are of the commit {at[:12]}, and this is {commit[:12]}",
        fix=f"`ecluse run {name} --only --artifacts {folder}` makes them anew",
    )
