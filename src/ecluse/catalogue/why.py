"""Why it is a Problem at all, for the codes that a newcomer meets first. Those whose text says it have none."""

from __future__ import annotations

from collections.abc import Mapping

WHY: Mapping[str, str] = {
    "M001": "Every command but `init` goes by the manifest: what runs, what is tested, where it goes. It is part "
    "of the commit, as the code is.",
    "M012": "A key that nobody reads would be a setting that you believe in and that has no effect.",
    "M020": "A value of the manifest refers to a variable of your environment. An empty one instead could deploy "
    "with half of the settings, so a missing one stops the command.",
    "M063": "The release would start without it and fail, or run with a wrong default. Secrets come from the "
    "environment's env files or from the variables of whoever calls ecluse; they are never in the "
    "manifest.",
    "I002": "`init` tries what it writes: it builds, imports, starts and asks the app. Entry points were found, "
    "and none of them did all of that here.",
    "I020": "A health path answers, but no page that people open does. Such an app would pass its gate and serve "
    "errors.",
    "I022": "The program was started as the repository says it, and ended by itself. What it wants can't be "
    "guessed from its code; its last words are quoted.",
    "N003": "A new project is whole or isn't there: it never mixes with what somebody has.",
    "N012": "An update is one change to look at, to test and to take back. Mixed with others it would be none.",
    "C002": "Écluse ships commits, never a folder as it lies: what was tested is what runs, and can be gone back to.",
    "C010": "What isn't committed can't be found again, nor be gone back to. `--dirty` is for trying things out "
    "in `local`.",
    "E010": "A step has a time-out so that one that hangs doesn't hold up everything. It and all it started were "
    "ended.",
    "E013": "A test run that executes no test ends with success in many runners (a wrong folder, a wrong filter). "
    "It says nothing about the code, so it doesn't count as passed.",
    "E020": "The steps that are gates of the environment are asked before anything is built. One that failed, or "
    "could not be run, stops the ship there.",
    "B001": "A release is built and run with one interpreter, and none of this machine is allowed by what the app "
    "declares (requires-python, .python-version, build.python).",
    "B012": "The requirements of the app, its tests and its Python exclude each other: the last lines name which.",
    "B013": "What is installed is taken from the index once, with hashes, and kept. A requirement, or a file that "
    "the lock names, could not be had.",
    "B018": "Packages that are new to this machine are fetched from the index that pip's settings name.",
    "B020": "The repository is a Python project, so it is built as a wheel and installed. Its build backend said no.",
    "B021": "The package exists as source only for this Python and platform, and building it needs what isn't "
    "here: a compiler, headers, a tool.",
    "R003": "A tag is a promise to everybody who has fetched it. One that moved would mean two things.",
    "R004": "A version that was released with a tag never gets another content: whoever reads its number must be "
    "able to rely on it.",
    "R010": "Somebody released another commit under this version. Whoever has fetched the tag relies on it.",
    "R013": "A file that is published is installed by people, and pinned by its digest. Another one under its name "
    "would break them, or be an attack; indexes forbid it, too.",
    "R014": "A release that was begun has its version for good, so that whoever goes on with it can't find it taken.",
    "R015": "What is built again may differ in a byte from what is out already. Only what was kept is published.",
    "R033": "The bytes of a release are kept before any of it is seen outside, so that what is interrupted can be "
    "gone on with. A CI's machine is thrown away after its job, and they with it.",
    "R042": "The environment trusts some keys (`signed_by`). The attestation must be signed by one of them, and be "
    "about this very version, commit, bundle and manifest.",
    "D001": "The health check is the gate between a release and your users. Without it a release that answers "
    "errors would get their traffic.",
    "D010": "Who changes an environment holds it by a lease, so that no two do it at once and one that died "
    "doesn't block it. Ours could not be renewed: the machine was asleep or overloaded, or the target "
    "didn't answer.",
    "D020": "Migrations run before the new release starts. Its command ended with an error, or not in time.",
    "D021": "The new release ran beside the old one and was asked for its health in private, until its time-out "
    "(`health.timeout`). It didn't answer well so many times in a row (`health.successes`), or a process "
    "ended. Its users noticed nothing.",
    "D022": "The new release was healthy, got the traffic, and was watched: a process ended, its health check "
    "failed twice in a row, or it answered more errors or more slowly than the release before. Traffic "
    "went back by itself.",
    "D030": "A rollback goes to what served before, and this is the first release here, or the one before is gone.",
    "D038": "The host keeps the release before, but how it is asked for its health, and what it was made of, stand in "
    "the ledger and the store of whoever deployed it. Here they were lost, or it came from another machine.",
    "D050": "The environment has policies (freeze windows, approvals, staging, backups, availability), and one of "
    "them doesn't let a release in now.",
    "D063": "Going back is a change too. The release before was asked for its health first, and is worse than the "
    "new one.",
    "D065": "A host that fell silent may have the decision to commit, or not. Undoing elsewhere could leave two "
    "releases serving for good.",
    "D080": "A migration since then took something away that the release before needs. Its code would fail on "
    "today's data.",
    "H001": "The first key that a host shows is taken on trust by many tools. Somebody between you and the host "
    "could show one as well, so it is compared once, by you.",
    "K001": "Every environment has a small process on its host, the keeper, which holds the sockets and "
    "supervises the app. It didn't answer. What serves goes on serving.",
    "K010": "Two deployments at once would undo each other's work. Who holds the environment is named.",
    "K011": "Another command took the environment over while ours was at work, so ours gives no further order.",
    "K012": "A deployment began and neither committed nor was undone. It is finished, or taken back, before "
    "anything else changes here.",
    "K020": "An app can't share a port with a program that isn't its own.",
    "V021": "A scanner that could not look has found nothing, and that says nothing. So it is no pass: it stops in "
    "every environment but `local`, until it can look or somebody answers for it until a day "
    "(`ecluse security baseline`).",
    "V022": "Somebody answered for a finding until a day, and it is over. What was known then has had time to be "
    "mended; it counts again until it is, or until somebody answers for it anew.",
    "V024": "What the baseline names is passed over by the security gate. One that can't be read would pass over "
    "nothing, or too much, so the gate doesn't pass.",
    "V001": "The manifest declares a service, and its server program is neither here nor to be had as a package. "
    "For a step an image in Docker would do; for what keeps the app's data it doesn't.",
    "T002": "A release or a deploy is to be told on its tickets, and the tracker lets nobody in without its secret. "
    "The release and the deploy themselves are done.",
    "T005": "A commit or a branch names a ticket that the tracker doesn't have, or doesn't show to us. Often it is a "
    "slip of the pen, so nothing waits for it.",
    "T010": "The first release of an old repository would write to every ticket that ever was. More than `most` are "
    "told nothing, rather than some of them.",
    "L007": "Each event holds the hash of the one before. The chain doesn't fit together, so somebody or "
    "something changed what was recorded.",
}
