"""What a step finds around it: nothing is there by accident."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from ecluse.loop.code.workplace import TMPDIR
from ecluse.model.app import Step
from ecluse.model.problem import Problem, ProblemError
from ecluse.model.secret import Secret

SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


NONE: Mapping[str, str] = MappingProxyType({})


def step_environment(
    step: Step, *, run: str, commit: str, environment: Path, scratch: Path, passed: Mapping[str, str],
    secrets: Mapping[str, Secret], addresses: Mapping[str, str] = NONE, reach: Mapping[str, str] = NONE,
    program: str = "",
) -> dict[str, str]:  # fmt: skip
    """The whole environment of a step. Pure. `passed` is the caller's, of which only `pass_env` gets in;
    `addresses` are those of the run's services, which the step's own settings may replace; `reach` is what a step needs
    that works on hosts, `program` the folder of what it runs there.

    A secret that the step is granted and nobody has: ProblemError E015.
    """
    if missing := [name for name in step.secrets if name not in secrets]:
        raise ProblemError(*(_missing(step.name, name) for name in missing))
    return {
        "PATH": ":".join(filter(None, [f"{environment}/bin", program, SYSTEM_PATH])),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "HOME": str(scratch),
        "TMPDIR": f"{scratch}/{TMPDIR}",
        "CI": "true",
        "ECLUSE_STEP": step.name,
        **({"ECLUSE_CELL": step.label} if step.of else {}),
        **addresses,
        **reach,
        **(_named(step.pass_env, {**passed, **of_the_run(run, commit)}) if step.pass_env else {}),
        **step.env,
        **{name: secrets[name].reveal() for name in step.secrets},
    }


def of_the_run(run: str, commit: str) -> dict[str, str]:
    """What differs from run to run. A step sees it only where its `pass_env` says so: what it makes then depends on it,
    and nothing that depends on it unseen can be kept for another commit."""
    return {"ECLUSE_RUN": run, "ECLUSE_COMMIT": commit}


def veil(root: Path, environment: Path, home: Path) -> Path | None:
    """What a step must not see: the repository, with all that no commit holds. Packages lie in the home, below it, and
    what they look for in the folders above them (`.env`) would be found there.

    None when the interpreter itself lies in the repository.
    """
    python = (environment / "bin" / "python").resolve()
    is_inside = python.is_relative_to(root.resolve()) and not python.is_relative_to(home.resolve())
    return None if is_inside else root


def _named(names: Iterable[str], values: Mapping[str, str]) -> dict[str, str]:
    return {name: values[name] for name in names if name in values}


def _missing(step: str, name: str) -> Problem:
    return Problem(
        code="E015",
        what=f"the step {step!r} is granted the secret {name}, and nobody has it",
        fix=f"put {name} into the environment's env file, or set it for this command",
    )
