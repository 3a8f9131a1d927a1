"""Whether a release may come onto the schema that an environment's data has."""

from __future__ import annotations

from collections.abc import Iterable

from ecluse.loop.build.remembered import kept_bundle
from ecluse.loop.deploy.schema.files import of_bundle
from ecluse.loop.deploy.schema.migration import names
from ecluse.loop.deploy.schema.tools import TOOLS
from ecluse.model.counted import counted
from ecluse.model.history import EnvironmentKnown, MigrationKnown
from ecluse.model.release import Release
from ecluse.model.verdict import Answer, Verdict
from ecluse.ports.store import ContentStore

GATE = "schema"
SHOWN = 5


def crossing(release: Release, known: EnvironmentKnown, store: ContentStore) -> Verdict | None:
    """None where there is nothing to say: the release knows all that is applied, or serves, or has served on it.

    It stops if the data has a migration that the release doesn't know and that can't be gone back from. One of which it
    isn't known is told.
    """
    if release.id == known.serving:
        return None
    try:
        unknown = _unknown_to(release, _since(release, known), store)
    except KeyError:
        why = f"which migrations {release.version} has can't be told: it is no longer in the store"
        return Verdict(gate=GATE, answer=Answer.NOT_CHECKED, evidence=(why,))
    crossed = tuple(one for one in unknown if one.contract)
    if not unknown:
        return None
    if not crossed and (unclear := tuple(one for one in unknown if one.unclear)):
        return Verdict(gate=GATE, answer=Answer.NOT_CHECKED, evidence=_at_most(map(_doubt, unclear)), is_required=False)
    if not crossed:
        are = "is" if len(unknown) == 1 else "are"
        why = f"{counted(len(unknown), 'migration')} since {release.version} {are} not known to take anything away"
        return Verdict(gate=GATE, answer=Answer.PASSED, evidence=(why,))
    return Verdict(gate=GATE, answer=Answer.FAILED, evidence=_evidence(crossed), fix=_fix(crossed))


def _since(release: Release, known: EnvironmentKnown) -> tuple[MigrationKnown, ...]:
    """Those that came after the release last served here. One that was forced past a migration proves nothing."""
    here = (one for one in known.deployments if one.release == release.id and one.outcome == "committed")
    lived = next((one for one in here if one.overridden is None or GATE not in one.overridden.policies), None)
    if lived is None:
        return known.migrations
    return tuple(one for one in known.migrations if one.number > lived.number and one.deployment != lived.id)


def _unknown_to(
    release: Release, applied: tuple[MigrationKnown, ...], store: ContentStore
) -> tuple[MigrationKnown, ...]:
    """By the migrations' own files. What packages bring is in no commit, and counts for nothing."""
    if not applied:
        return ()
    bundle = kept_bundle(release.bundle, store)
    found = [tool.read(of_bundle(bundle, tool.matters, store)) for tool in TOOLS.values()]
    declared = names(one for migrations in found for one in migrations)
    own = {_app(name) for name in declared}
    return tuple(one for one in applied if one.name not in declared and (one.contract or _app(one.name) in own))


def _app(name: str) -> str:
    """`shop` of `shop.0001_initial`; a revision of Alembic's has none."""
    return name.rpartition(".")[0]


def _evidence(crossed: Iterable[MigrationKnown]) -> tuple[str, ...]:
    return _at_most(f"{one.name} ({_came(one)}): {one.contract}" for one in crossed)


def _doubt(one: MigrationKnown) -> str:
    return f"{one.name} ({_came(one)}): {one.unclear}; what that means here isn't known"


def _at_most(facts: Iterable[str]) -> tuple[str, ...]:
    listed = tuple(facts)
    more = (f"and {len(listed) - SHOWN} more",) if len(listed) > SHOWN else ()
    return (*listed[:SHOWN], *more)


def _came(one: MigrationKnown) -> str:
    return f"applied by {one.version}" if one.is_certain else f"{one.version} died while it ran: it may be applied"


def _fix(crossed: tuple[MigrationKnown, ...]) -> str:
    return f"go forward: mend, commit and ship; or bring the data back to where it was before {crossed[0].version}"
