"""The only folder that knows every concrete class. It builds the World that the loop takes as an argument.

Heavy modules are imported inside: `ecluse --version` and `ecluse status` pay only for what they use.
"""

from ecluse.assembly.apps import app_at, declared, manifest_at, settings, without_secrets
from ecluse.assembly.examination import Examined, examined
from ecluse.assembly.founding import Founding, founding
from ecluse.assembly.places import reached
from ecluse.assembly.rehearsals import rehearsal, rehearsed
from ecluse.assembly.surroundings import (
    become,
    beside_the_file,
    hooks_folder,
    loopback,
    remembered,
    save,
    terminal,
    to_send,
    trouble_with_disk,
    wants_colour,
)
from ecluse.assembly.worlds import opened, undeclared

__all__ = [
    "Examined",
    "Founding",
    "app_at",
    "become",
    "beside_the_file",
    "declared",
    "examined",
    "founding",
    "hooks_folder",
    "loopback",
    "manifest_at",
    "opened",
    "reached",
    "rehearsal",
    "rehearsed",
    "remembered",
    "save",
    "settings",
    "terminal",
    "to_send",
    "trouble_with_disk",
    "undeclared",
    "wants_colour",
    "without_secrets",
]
