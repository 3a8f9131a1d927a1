"""What the letter of a code and the number of an exit mean."""

from __future__ import annotations

from collections.abc import Mapping

from ecluse.model.problem import Exit

FAMILIES: Mapping[str, str] = {
    "M": "The manifest",
    "I": "`ecluse init`",
    "N": "New projects and their templates",
    "C": "The commit and its tree",
    "E": "Steps and gates",
    "B": "Building",
    "R": "Releasing",
    "D": "Deploying",
    "H": "Hosts over SSH",
    "K": "The keeper and the target",
    "V": "Services beside the app, and the security gate",
    "G": "Programs of others",
    "L": "The ledger",
    "S": "This machine",
    "T": "Tickets",
    "U": "The command line",
}

EXITS: Mapping[Exit, str] = {
    Exit.DONE: "done",
    Exit.REFUSED: "a gate said no; nothing changed",
    Exit.USAGE: "wrong usage, or a Problem in the manifest",
    Exit.ROLLED_BACK: "rolled back; the old release serves",
    Exit.BUSY: "another deployer holds the environment, or superseded us",
    Exit.UNREACHABLE: "the target can't be reached",
    Exit.NEEDS_PERSON: "needs a person",
    Exit.INTERRUPTED: "interrupted and undone",
}
