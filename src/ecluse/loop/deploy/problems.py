"""What can end a deployment, told so that a person can act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from ecluse.model.app import App
from ecluse.model.balanced import ServerSeen
from ecluse.model.host import HERE
from ecluse.model.ids import HostName
from ecluse.model.observed import OpenDeployment
from ecluse.model.problem import Exit, Problem, ProblemError
from ecluse.model.verdict import Verdict

WITHOUT_A_SAY = frozenset({Exit.BUSY, Exit.UNREACHABLE})
"""Superseded, or cut off: the target undoes by itself, and we can only say so."""
MIGRATION = "D020"
TOLD = 15
"""Lines of a migration's output that are shown."""


def migration_failed(app: App, output: str, *, timed_out: bool) -> Problem:
    ending = f"did not end within {app.migrate_timeout}" if timed_out else "failed"
    return Problem(
        code="D020",
        what=f"the migration `{' '.join(app.migrate)}` {ending}",
        evidence=tuple(output.splitlines()[-TOLD:]),
        state="no traffic was moved; the release before serves. What the migration changed in the data stays changed",
        fix="mend the migration, commit, and ship again",
        exit=Exit.ROLLED_BACK,
    )


def gate_failed(verdict: Verdict, version: str) -> Problem:
    if verdict.gate == "watch":
        return watch_failed(verdict, version)
    return Problem(
        code="D021",
        what=f"release {version} did not pass `{verdict.gate}`",
        evidence=verdict.evidence,
        state="traffic is where it was; the new slot is stopped",
        fix=f"read `ecluse logs --release {version}`, mend, commit, and ship again",
        exit=Exit.ROLLED_BACK,
    )


def watch_failed(verdict: Verdict, version: str) -> Problem:
    return Problem(
        code="D022",
        what=f"release {version} did not pass `{verdict.gate}`",
        evidence=verdict.evidence,
        state="traffic is back where it was, and the new slot is stopped",
        fix=f"read `ecluse logs --release {version}`, mend, commit, and ship again",
        exit=Exit.ROLLED_BACK,
    )


def reason_of(problem: Problem) -> str:
    """What a history says: what it was, and what was seen of it first; of a migration its last words."""
    seen = problem.evidence[-1:] if problem.code == MIGRATION else problem.evidence[:1]
    return ": ".join([problem.what, *seen])


def undone(problem: Problem) -> Problem:
    """A Problem of the target that ended a deployment, with the state that things are in after the undo."""
    if problem.state or problem.exit in WITHOUT_A_SAY:
        return problem
    return replace(problem, state="undone: what served before serves, and nothing of the new release runs")


def superseded(problem: Problem) -> Problem:
    """Another deployer has the environment now."""
    state = "we gave no further order; what we had begun is undone by the targets, or by who came after us"
    return problem if problem.state else replace(problem, state=state)


def undone_beside(problem: Problem) -> Problem:
    """A host was lost; where the undo reached all of them again, nothing is left to be done."""
    return problem if problem.state else replace(problem, state="undone on every host: what served before serves")


def interrupted() -> Problem:
    """A deployment before its decision."""
    return Problem(
        code="D023",
        what="interrupted",
        state="what was begun is undone",
        fix="run the command again when you like",
        exit=Exit.INTERRUPTED,
    )


def interrupted_before() -> Problem:
    """A ship that has only tested and built."""
    return replace(interrupted(), state="nothing was deployed; what served before serves")


def broken_off() -> Problem:
    """Anything that is no deployment: nothing of it is undone."""
    return replace(
        interrupted(),
        state="no further order is given; what a host was told last it may still do",
        fix="`ecluse status` shows what is so; run the command again when you like",
    )


def detached() -> Problem:
    return Problem(
        code="D024",
        what="interrupted twice: nothing was waited for",
        state="what was begun and not decided is undone by the targets themselves, as soon as our lease ends",
        fix="`ecluse status` shows when it is over",
        exit=Exit.INTERRUPTED,
    )


def lease_ran_out(generation: int) -> Problem:
    return Problem(
        code="D010",
        what=f"our lease (generation {generation}) could not be renewed in time, so no further order was given",
        state="the target undoes what was not committed when the lease ends",
        fix="look with `ecluse status`, then run the command again",
        exit=Exit.BUSY,
    )


def too_few_hosts(lost: Mapping[HostName, ProblemError], count: int) -> ProblemError:
    """Without most of the hosts nobody may change an environment: somebody else could have the others."""
    first = next(iter(lost.values()))
    if count == 1:
        return first
    return ProblemError(
        Problem(
            code="D060",
            what=f"{len(lost)} of {count} hosts can't be reached, so nothing may be changed: {', '.join(lost)}",
            evidence=tuple(f"{host}: {error}" for host, error in lost.items()),
            state="nothing was changed; what serves on each host serves on",
            fix=_one_fix([error.problems[0] for error in lost.values()])
            or "bring them back, or take those that are gone for good out of `hosts`",
            exit=Exit.UNREACHABLE,
        )
    )


def _one_fix(problems: Sequence[Problem]) -> str:
    """Of Problems that all are the same; empty where they aren't."""
    return problems[0].fix if len({(problem.code, problem.fix) for problem in problems}) == 1 else ""


def at_host(host: HostName, problem: Problem) -> Problem:
    return replace(problem, what=f"{host}: {problem.what}")


def sticky_refused(address: str) -> Problem:
    return Problem(
        code="D061",
        what=f"a sticky canary tells clients by their address, and on {address} all of them come through one proxy",
        state="traffic is where it was; the new slot is stopped",
        fix="take `sticky` out of the environment's rollout, or listen on the address that clients connect to",
        exit=Exit.ROLLED_BACK,
    )


def left_undone(problem: Problem, lost: Mapping[HostName, str]) -> Problem:
    """Some hosts could not be told to go back: they do it by themselves."""
    return replace(
        problem,
        code="D062",
        what=f"{problem.what}; the undo could not reach {', '.join(lost)}",
        evidence=(*problem.evidence, *(f"{host}: {why}" for host, why in lost.items())),
        state="undone on the other hosts. What could not be reached goes back by itself: when the lease ends, or, "
        "where it waits for a person, when `promote_within` is over",
        fix="`ecluse status` shows each host; `ecluse undo`, or the next ship, finishes it",
        exit=Exit.UNREACHABLE,
    )


def _on(hosts: Iterable[HostName]) -> str:
    """Where, unless there is one machine only."""
    named = ", ".join(host for host in hosts if host != HERE)
    return f" on {named}" if named else ""


def still_drained(problem: Problem, drained: Mapping[HostName, str]) -> Problem:
    """All else is undone; the other hosts carry what these had of the traffic."""
    return replace(
        problem,
        code="D081",
        what=f"{problem.what}; {', '.join(drained)} could not be put back into the balancer",
        evidence=(*problem.evidence, *(f"{host}: {why}" for host, why in drained.items())),
        state=f"{problem.state or 'undone on every host'}; the balancer gives those hosts no requests",
        fix="mend the balancer: the next command puts them back, or `ecluse balancer undrain HOST` does it now",
        exit=Exit.UNREACHABLE,
    )


def not_put_back(left: Mapping[HostName, str]) -> Problem:
    """In the middle of a deployment; it is undone, and so tried once more."""
    return Problem(
        code="D083",
        what=f"{', '.join(left)} could not be put back into the balancer",
        evidence=tuple(f"{host}: {why}" for host, why in left.items()),
        fix="mend the balancer, then run the command again",
        state="undone: what served before serves",
        exit=Exit.ROLLED_BACK,
    )


def last_one(hosts: Iterable[HostName], machine: HostName, seen: Mapping[HostName, ServerSeen]) -> Problem:
    """Without these nobody would get what the balancer is asked."""
    return Problem(
        code="D082",
        what=f"{', '.join(hosts)} can't be drained: no other host gets requests from the balancer on {machine}",
        evidence=tuple(f"{host}: {one.state}{f' ({one.why})' if one.why else ''}" for host, one in seen.items()),
        state="nothing was changed in the balancer",
        fix="put another one back first: `ecluse balancer undrain HOST`, or mend what its check finds",
        exit=Exit.REFUSED,
    )


def needs_person(problem: Problem, kept: Mapping[HostName, str]) -> Problem:
    """Going back would have made things worse: what serves there is the better of two."""
    return replace(
        problem,
        code="D063",
        what=f"{problem.what}; not undone{_on(kept)}: the release before isn't fit to serve",
        evidence=(*problem.evidence, *kept.values()),
        state="the new release serves on, because the one before it is worse",
        fix="look at both with `ecluse status` and `ecluse logs --release all`, then ship what you want to serve",
        exit=Exit.NEEDS_PERSON,
    )


def over_by_then(problem: Problem, serves: Mapping[HostName, str]) -> Problem:
    """What is committed is never taken back, whoever did it before the undo came."""
    return replace(
        problem,
        code="D079",
        what=f"{problem.what}; not undone{_on(serves)}: nothing was open there any more",
        evidence=(*problem.evidence, *(f"{host}: {what}" for host, what in serves.items())),
        state="the new release serves there; where it was still open it is undone",
        fix="`ecluse status` shows each host; `ecluse converge` brings the others along, `ecluse rollback` goes back",
        exit=Exit.NEEDS_PERSON,
    )


def committed_in_part(version: str, behind: Mapping[HostName, str], count: int) -> Problem:
    """Decided, and not on every host yet."""
    if count == 1:
        return Problem(
            code="D069",
            what=f"{version} serves and is decided, but the keeper did not answer to the commit",
            evidence=tuple(behind.values()),
            state="the new release serves; the keeper finishes the deployment by itself",
            fix="`ecluse status` shows when it is over",
            exit=Exit.UNREACHABLE,
        )
    return Problem(
        code="D064",
        what=f"{version} is committed on {count - len(behind)} of {count} hosts; {', '.join(behind)} did not follow",
        evidence=tuple(f"{host}: {why}" for host, why in behind.items()),
        state="the fleet is mixed: those hosts keep, or go back to, the release before by themselves",
        fix="`ecluse converge` brings them to the release that was decided, as soon as they can be reached",
        exit=Exit.UNREACHABLE,
    )


def undecided(deployment: str, hosts: Iterable[HostName]) -> ProblemError:
    """Whether most hosts had the decision can't be known without those that can't be reached."""
    return ProblemError(
        Problem(
            code="D065",
            what=f"deployment {deployment} may have been decided: {', '.join(hosts)} would know, and can't be reached",
            state="nothing was changed; each host serves what it served",
            fix="bring them back: the next command, `ecluse converge` say, commits it everywhere if most hosts have "
            "the decision, and undoes it if not. Take those that are gone for good out of `hosts`",
            exit=Exit.UNREACHABLE,
        )
    )


def unanswered(deployment: str, silent: Mapping[HostName, str]) -> Problem:
    """The same for the one who asked for the decision."""
    return replace(
        undecided(deployment, silent).problems[0],
        evidence=tuple(f"{host}: {why}" for host, why in silent.items()),
        state="nothing was undone. A host that has the decision goes on serving the new release; one that hasn't goes "
        "back by itself when the lease ends",
    )


def hosts_missing(lost: Mapping[HostName, Problem]) -> ProblemError:
    """A deploy wants every host."""
    return ProblemError(
        Problem(
            code="D066",
            what=f"{', '.join(lost)} can't be reached, and a deploy wants every host of the environment",
            evidence=tuple(f"{host}: {problem.what} [{problem.code}]" for host, problem in lost.items()),
            state="nothing moved; what served before serves",
            fix=_one_fix(tuple(lost.values())) or "bring the host back, or take it out of `hosts`",
            exit=Exit.UNREACHABLE,
        )
    )


def waits_for_person(opened: OpenDeployment, environment: str) -> ProblemError:
    return ProblemError(
        Problem(
            code="D067",
            what=f"deployment {opened.id} of {opened.version} waits for a person in '{environment}'",
            state="nothing was changed; it goes on as it is until its time is over, then it is undone",
            fix=f"`ecluse promote {environment}` to go on with it, `ecluse undo {environment}` to take it back",
            exit=Exit.BUSY,
        )
    )
