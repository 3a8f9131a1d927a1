"""`[steps.NAME]` and `[gates]`: the pipeline and what its evidence must show."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import ConfigDict, model_validator

from ecluse.manifest.matrix import MOST, cells
from ecluse.manifest.schema.key import Table, key, section
from ecluse.manifest.schema.shapes import Name, Program, PythonVersion, TaskName, Variable
from ecluse.manifest.schema.types import (
    ZERO,
    Axes,
    Cells,
    Command,
    Duration,
    Inside,
    Percent,
    Settings,
    Size,
    Truth,
    Whole,
)
from ecluse.manifest.schema.words import refuse
from ecluse.model import app as model
from ecluse.model.cache import CachePolicy
from ecluse.model.ids import StepName

WHAT_IS_RUN = ("command", "playbook", "fabric")
_DEFAULT = model.Step(name=StepName("test"))
_GATES = model.Gates()
_CACHE = CachePolicy()


class MatrixTable(Table):
    """The step once for each combination of the values. Each cell (`test[3.12-postgres]`) is a step of its own, with
    its own result; what needs the step needs all of them."""

    python: list[PythonVersion] = key(
        "Pythons of this machine: a cell runs with its own, and the app's packages for it.",
        example=["3.11", "3.12"],
        default_factory=list,
    )
    env: Axes = key("Variables, each with its values.", example={"DB": ["sqlite", "postgres"]}, default_factory=dict)
    exclude: Cells = key(
        "Combinations to leave out: `python` and variables by their names; one that isn't named is any.",
        example=[{"python": "3.11", "DB": "postgres"}],
        default_factory=list,
    )
    include: Cells = key(
        "Cells to add, which need not have a value on each axis.",
        example=[{"python": "3.13", "DB": "sqlite"}],
        default_factory=list,
    )

    @model_validator(mode="after")
    def _has_cells(self) -> Self:
        """Here, not among the contradictions: with a mistake in an axis it isn't asked."""
        count = len(list(cells(self)))
        if count == 0:
            fix = 'give an axis its values: python = ["3.11", "3.12"], or env.DB = ["sqlite", "postgres"]'
            raise refuse("M082", "it has no cell, so the step would never run", fix)
        if count > MOST:
            fix = "leave combinations out with `exclude`, or name the cells that matter with `include` alone"
            raise refuse("M082", f"it has {count} cells, and {MOST} are the most", fix)
        return self


class StepTable(Table):
    """One command of the pipeline, run in a tree of its own that holds its inputs at the commit."""

    model_config = ConfigDict(json_schema_extra={"oneOf": [{"required": [name]} for name in WHAT_IS_RUN]})

    command: Command = key(
        "What to run: a list is run as it is; text is split into words, or run by /bin/sh -euc if it holds shell "
        "characters.",
        example=["pytest", "--junitxml=report.xml"],
        default=_DEFAULT.command,
    )
    playbook: Inside | None = key(
        "A playbook for ansible-playbook, instead of a command. Its inventory is made of the hosts of an environment.",
        example="deploy/site.yml",
        default=None,
    )
    fabric: TaskName | None = key(
        "A task for Fabric (fab), instead of a command: it gets a connection to each host of an environment.",
        example="warm-caches",
        default=None,
    )
    hosts: Name | None = key(
        "The environment on whose hosts a playbook or task works; none: the only one that has hosts over SSH. A ship "
        "to another environment leaves the step out.",
        example="production",
        default=None,
    )
    needs: list[Name] = key(
        "Steps that must pass first; their outputs are in this step's tree.", example=["lint"], default_factory=list
    )
    inputs: list[str] | None = key(
        "Globs of the commit's files that the step sees; none: all of them, []: an empty tree.",
        example=["src/**", "pyproject.toml"],
        default=_DEFAULT.inputs,
    )
    outputs: list[Inside] = key(
        "Paths that leave the step's tree when it passes; `{cell}` is the label of a matrix's cell.",
        example=["dist/"],
        default_factory=list,
    )
    env: Settings = key("Settings of this step.", example={"PYTHONHASHSEED": "0"}, default_factory=dict)
    pass_env: list[Variable] = key(
        "Variables of the caller's environment that the step sees, and ECLUSE_COMMIT and ECLUSE_RUN; all others are "
        "absent.",
        example=["HTTPS_PROXY"],
        default_factory=list,
    )
    secrets: list[Variable] = key(
        "Secrets that the step gets, from .env or the caller's environment; never logged.",
        example=["PYPI_TOKEN"],
        default_factory=list,
    )
    folder: Inside = key("Working folder, below the tree's root.", example="backend", default=_DEFAULT.folder)
    timeout: Duration = key("Time for each attempt.", example="15m", default=_DEFAULT.timeout, gt=ZERO)
    retries: Whole = key("Further attempts after a failed one.", example=1, default=_DEFAULT.retries, ge=0, le=100)
    gate: Truth = key("Whether its failure stops a ship.", example=False, default=_DEFAULT.gate)
    why_off: str = key(
        "Why it is no gate, said by each ship.", example="half of the tests fail", default=_DEFAULT.why_off
    )
    group: Literal["check", "test"] = key(
        "Which verb runs it by itself: `ecluse check` or `ecluse test`.", example="test", default=_DEFAULT.group
    )
    junit: Inside | None = key(
        "JUnit report that the step leaves, relative to its folder, or a glob of several; gates read it.",
        example="report.xml",
        default=None,
    )
    coverage: Inside | None = key(
        "coverage.py's JSON report that the step leaves, relative to its folder.", example="coverage.json", default=None
    )
    known_failures: Inside | None = key(
        "File that lists the tests that are known to fail, beside the manifest: a name of the JUnit report a line, # "
        "begins a comment. Any other failure stops.",
        example="known-failures.txt",
        default=None,
    )
    services: list[Name] | None = key(
        "Services that the step finds, empty ones of its run; none: all for the group `test`, none for `check`.",
        example=["db"],
        default=_DEFAULT.services,
    )
    cache: Truth = key(
        "Whether it is run again only when something has changed that it depends on: its inputs, command, settings, "
        "packages, the steps that it needs.",
        example=False,
        default=_DEFAULT.cache,
    )
    tools: list[Program] = key(
        "Programs of the system, not of the locked environment, that it uses: with another one it is run again.",
        example=["node", "make"],
        default_factory=list,
    )
    python: PythonVersion | None = key(
        "The Python that it runs with, of those of this machine; none: the app's.", example="3.12", default=None
    )
    paths: list[str] | None = key(
        "Globs of what it is for: where nothing there has changed, `check`, `test` and `run` skip it; no ship does.",
        example=["backend/**", "*.lock"],
        default=_DEFAULT.paths,
        min_length=1,
    )
    locks: list[Name] = key(
        "What it must have for itself: no two steps with the same name in here run at once on this machine.",
        example=["gpu"],
        default_factory=list,
    )
    matrix: MatrixTable | None = section(default=None, examples=[{"python": ["3.11", "3.12"]}])


class CacheTable(Table):
    """Results of steps that passed: kept, so that what hasn't changed isn't run again."""

    shared: str = key(
        "Folder (which has to be there) or address (s3://bucket/prefix) of a cache that several machines use; empty: "
        "none.",
        example="/mnt/ci-cache",
        default=_CACHE.shared,
    )
    read_only: Truth = key(
        "Whether this machine only takes from the shared cache.", example=True, default=_CACHE.read_only
    )
    size: Size = key("Room for the results on this machine; those not used for longest go.", example="2GB",
                     default=_CACHE.size, gt=0)  # fmt: skip
    age: Duration = key("Results that nobody used for so long go.", example="7d", default=_CACHE.age, gt=ZERO)


class GatesTable(Table):
    """What evidence must show beyond exit codes."""

    coverage: Percent | None = key(
        "Percent of lines that tests must cover; none: not asked.", example=80, default=_GATES.coverage, ge=0, le=100
    )
    tests: Truth = key(
        "Whether a step with a JUnit report must have run at least one test.", example=False, default=_GATES.tests
    )
    flaky: Whole | None = key(
        "How many steps of a run may be flaky: pass, but only after a retry; none: not asked.",
        example=0,
        default=_GATES.flaky,
        ge=0,
    )
